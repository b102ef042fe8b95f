import { ActionIcon, Button } from '@mantine/core'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { nameIn, otherName, type Camera } from '@/cameras'
import { Problem } from '@/base/api/http'
import { connection } from '@/base/connection'
import { Icon } from '@/base/icons'
import { useStore } from '@/base/store'
import { serverNow } from '@/base/server_clock'
import { clockText, dayText, durationText } from '@/base/time'
import { codecName } from '../tile/codec_name'
import { askStill, type Gap } from './api'
import type { CameraPlayer } from './camera_player'
import type { LivePicture, PlaybackSession } from './session'
import { PurposeNote } from './PurposeBox'
import { useFrame } from './useFrame'
import { toggleFull } from '../tile/full'
import classes from '../tile/tile.module.css'

const LiveOver = lazy(() => import('../live/LiveOver').then((over) => ({ default: over.LiveOver })))

export interface TileProps {
  id: string
  camera: Camera | undefined
  /** Else it is played at the growing end of what is recorded. */
  mayLive: boolean
  session: PlaybackSession
  selected: boolean
  alone: boolean
  /** The gap that the timeline knows at a moment. */
  gapAt: (camera: string, moment: number) => Gap | null
  onSelect: (id: string) => void
  onRemove: (id: string) => void
  onSnapshot: (id: string) => void
}

export function Tile(props: TileProps) {
  const { id, session } = props
  const video = useRef<HTMLVideoElement>(null)
  const keys = useRef<HTMLVideoElement>(null)
  const last = useRef<HTMLCanvasElement>(null)
  const [player, setPlayer] = useState<CameraPlayer | null>(null)
  const live = useStore(session.live) && props.mayLive
  const onScreen = useCallback((screen: LivePicture) => session.showsLive(id, screen), [id, session])
  useEffect(() => {
    if (!video.current || !keys.current || !last.current) return undefined
    setPlayer(session.attach(id, video.current, keys.current, last.current))
    return () => {
      session.detach(id)
      setPlayer(null)
    }
  }, [id, session])
  return (
    <article className={classes.tile} data-testid="tile" data-camera={id} data-selected={(props.selected && !props.alone) || undefined} onPointerDown={() => props.onSelect(id)} onDoubleClick={({ currentTarget }) => toggleFull(currentTarget)}>
      <video ref={video} className={classes.video} muted playsInline disablePictureInPicture disableRemotePlayback data-testid="tile-video" />
      <video ref={keys} className={classes.keys} muted playsInline disablePictureInPicture disableRemotePlayback data-testid="tile-keys" />
      <canvas ref={last} className={classes.last} hidden data-testid="tile-last" />
      {live && player && <Suspense><LiveOver id={id} camera={props.camera} onScreen={onScreen} /></Suspense>}
      {!live && player && <Face {...props} player={player} />}
      <Head {...props} />
    </article>
  )
}

/** Whose picture it is, and what can be done with it. */
function Head({ id, camera, onRemove, onSnapshot }: TileProps) {
  const { t, i18n } = useTranslation('playback')
  const root = useRef<HTMLDivElement>(null)
  const name = camera ? nameIn(camera, i18n.language) : id
  const other = camera ? otherName(camera, i18n.language) : ''
  return (
    <div ref={root} className={classes.over}>
      <header className={classes.name}>
        <bdi title={other}>{name}</bdi>
      </header>
      <div className={classes.acts} onDoubleClick={(event) => event.stopPropagation()}>
        <ActionIcon variant="filled" color="dark.6" size={32} aria-label={t('tile.snapshot')} title={`${t('tile.snapshot')} (S)`} onClick={() => onSnapshot(id)} data-testid="tile-snapshot"><Icon name="camera" /></ActionIcon>
        <ActionIcon variant="filled" color="dark.6" size={32} aria-label={t('tile.full')} title={`${t('tile.full')} (⏎)`} onClick={() => toggleFull(root.current?.parentElement)}><Icon name="full" /></ActionIcon>
        <ActionIcon variant="filled" color="dark.6" size={32} aria-label={t('tile.remove')} title={`${t('tile.remove')} (Del)`} onClick={() => onRemove(id)} data-testid="tile-remove"><Icon name="close" /></ActionIcon>
      </div>
    </div>
  )
}

/** When the picture was, and why there is none. */
function Face({ id, camera, session, player, gapAt }: TileProps & { player: CameraPlayer }) {
  const { t, i18n } = useTranslation(['playback', 'app'])
  const status = useStore(player.status)
  const { lost } = useStore(connection)
  const clock = useRef<HTMLTimeElement>(null)
  const date = useRef<HTMLElement>(null)
  const [stands, setStands] = useState(0)

  useFrame(() => {
    const element = clock.current
    if (!element) return
    const picture = status.state !== 'gap' && Number.isFinite(player.shown)
    const moment = picture ? player.shown : session.clock.moment()
    const text = clockText(moment, !session.clock.playing && picture)
    element.dateTime = new Date(moment).toISOString()
    if (element.textContent !== text) {
      element.textContent = text
      if (date.current) date.current.textContent = dayText(moment, i18n.language)
    }
    const { playing, held } = session.view.get()
    // At the newest footage a picture may stand, but only while somebody can say that there is no newer.
    const moves = playing && (held !== 'newest' || lost) && status.state !== 'gap' && status.state !== 'unplayable' && status.state !== 'purpose'
    // Not a number where no picture has been yet: then none stands.
    const age = performance.now() - player.drawnAt
    const standing = (moves && age > player.standsAfterMs) || (status.state === 'lost' && Number.isFinite(age)) ? Math.max(1000, Math.floor(age / 1000) * 1000) : 0
    if (standing !== stands) setStands(standing)
  })

  return (
    <div className={classes.face} data-state={status.state} data-stands={stands > 0 || undefined} data-testid="tile-face">
      <Reason id={id} agency={camera?.agency ?? ''} status={status} lost={lost} player={player} session={session} stands={stands} gapAt={gapAt} />
      <footer className={classes.when} title={t('tile.clock')}>
        <time ref={clock} dir="ltr" data-testid="tile-clock" />
        <span ref={date} />
      </footer>
    </div>
  )
}

interface ReasonProps extends Pick<TileProps, 'id' | 'session' | 'gapAt'> {
  agency: string
  player: CameraPlayer
  status: ReturnType<CameraPlayer['status']['get']>
  stands: number
  /** The server does not answer. */
  lost: boolean
}

function Reason({ id, agency, status, lost, session, player, stands, gapAt }: ReasonProps) {
  const { t } = useTranslation(['playback', 'faults'])
  switch (status.state) {
    case 'gap': return <GapWords id={id} next={status.next} session={session} gapAt={gapAt} />
    case 'purpose': return <PurposeNote agency={agency} />
    case 'unplayable': return <Unplayable id={id} codec={status.codec} session={session} player={player} />
    case 'lost': return <p className={classes.bad} data-testid="tile-lost"><Icon name="warning" /><span role="alert">{status.words || t('tile.lost')}</span>{stands > 0 && <em aria-hidden>{t('tile.frozen', { age: durationText(stands) })}</em>}</p>
    case 'ahead': return lost ? <p className={classes.bad}><Icon name="warning" />{t('tile.lost')}</p> : <p className={classes.note}>{status.end && serverNow() - status.end > 15_000 ? t('tile.aheadSince', { time: clockText(status.end) }) : t('tile.ahead')}</p>
    case 'opening':
    case 'buffering': return <p className={classes.loading} data-testid="tile-loading"><i />{stands > 0 ? t('tile.frozen', { age: durationText(stands) }) : t('tile.opening')}</p>
    case 'ready': return stands > 0 ? <p className={classes.bad}><Icon name="warning" />{t('tile.frozen', { age: durationText(stands) })}</p> : null
  }
}

function GapWords({ id, next, session, gapAt }: { id: string; next: number | null; session: PlaybackSession; gapAt: TileProps['gapAt'] }) {
  const { t } = useTranslation(['playback', 'faults'])
  const gap = gapAt(id, session.clock.moment())
  return (
    <div className={classes.gap} data-testid="tile-gap">
      <strong>{gap ? t('tile.gapWhy', { cause: t(`cause.${gap.cause as 'network'}`, { ns: 'faults', defaultValue: gap.cause }) }) : t('tile.nothing')}</strong>
      {gap && <span dir="ltr">{gap.open ? t('tile.gapOpen', { from: clockText(gap.from) }) : t('tile.gapFrom', { from: clockText(gap.from), to: clockText(gap.to), length: durationText(gap.to - gap.from) })}</span>}
      {gap?.detail && <span>{gap.detail}</span>}
      {next !== null && <Button variant="default" onClick={() => session.seek(next)} data-testid="tile-next">{t('tile.next')}</Button>}
    </div>
  )
}

const STILL_EVERY_MS = 2000

/** A codec without a decoder here: said in words, with pictures that the server decodes, each with its own time. */
function Unplayable({ id, codec, session, player }: { id: string; codec: string; session: PlaybackSession; player: CameraPlayer }) {
  const { t } = useTranslation('playback')
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    let asked = Number.NaN
    let againAt = 0
    let busy = false
    let shown: string | null = null
    const look = async () => {
      const moment = Math.floor(session.clock.moment() / STILL_EVERY_MS) * STILL_EVERY_MS
      if (busy || moment === asked || performance.now() < againAt) return
      busy = true
      try {
        const still = await askStill(id, moment, 960, stop.signal)
        asked = moment
        if (shown) URL.revokeObjectURL(shown)
        shown = still?.url ?? null
        player.shown = still?.moment ?? moment
        setUrl(shown)
      } catch (fault) {
        // Ended, or the server is away: the shell says so. What is refused stays refused.
        if (fault instanceof Problem && !fault.away) asked = moment
        againAt = performance.now() + STILL_EVERY_MS
      } finally {
        busy = false
      }
    }
    const timer = setInterval(() => void look(), 250)
    return () => {
      clearInterval(timer)
      stop.abort()
      if (shown) URL.revokeObjectURL(shown)
    }
  }, [id, session, player])
  return (
    <div className={classes.unplayable} data-testid="tile-unplayable">
      {url && <img src={url} alt={t('tile.still')} />}
      <p><strong>{t('tile.unplayable', { codec: codecName(codec) || t('tile.thisCodec') })}</strong><span>{t('tile.unplayableWords')}</span></p>
    </div>
  )
}
