import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAskRights, useRights } from '@/access'
import type { Camera } from '@/cameras'
import { Problem } from '@/base/api/http'
import { Icon } from '@/base/icons'
import { useNow } from '@/base/now'
import { NEEDED, purpose } from '@/base/purpose'
import { serverNow } from '@/base/server_clock'
import { useStore } from '@/base/store'
import { clockText, durationText } from '@/base/time'
import { askStill } from '../playback/api'
import { codecName } from '../tile/codec_name'
import shared from '../tile/tile.module.css'
import { isState } from './said'
import type { LiveScreen, ScreenView } from './screen'
import classes from './live.module.css'

interface Props {
  id: string
  camera: Camera | null
  view: ScreenView
  standsMs: number
  screen: LiveScreen
}

/** Why there is no moving picture, in words; nothing while there is one. */
export function Reason({ id, camera, view, standsMs, screen }: Props) {
  const { t } = useTranslation(['live', 'faults'])
  const words = useWords(camera, view)
  const askRights = useAskRights()
  const { refusal } = view
  useEffect(() => {
    if (refusal === 'may_not') askRights()
  }, [refusal, askRights])
  if (view.dark) return <Stills id={id} camera={camera} codec={view.unplayable ?? ''} />
  if (view.hasPicture && standsMs === 0) return null
  if (!view.hasPicture && !words) return camera ? <p className={shared.loading} data-testid="tile-loading"><i />{t('tile.opening')}</p> : null
  return (
    <div className={shared.bad} data-testid="tile-lost">
      <Icon name="warning" />
      <div className={classes.why}>
        <span role="status" title={words ?? undefined}>{words ?? (screen.arriving ? t('tile.busy') : t('tile.noFrames'))}</span>
        {standsMs > 0 && <em aria-hidden data-testid="tile-frozen">{t('tile.frozen', { age: durationText(standsMs) })}</em>}
      </div>
    </div>
  )
}

/** The nearest thing that is wrong: the way to the server, the camera by the live service, the camera by its recorder. */
function useWords(camera: Camera | null, { connected, refusal, said }: Pick<ScreenView, 'connected' | 'refusal' | 'said'>): string | null {
  const { t } = useTranslation(['live', 'faults'])
  const state = (name: string) => t(`state.${isState(name) ? name : 'unknown'}`, { ns: 'faults' })
  if (refusal) return t(refusal === 'may_not' ? 'tile.mayNot' : 'tile.tooMany')
  if (!connected) return t('tile.noAnswer')
  if (camera && camera.status.state !== 'online' && camera.status.fresh) return t('tile.reason', { state: state(camera.status.state), reason: camera.status.reason })
  if (said && said.state !== 'online') return said.words ? t('tile.reason', { state: state(said.state), reason: said.words }) : state(said.state)
  return null
}

const STILL_EVERY_MS = 3000
/** The newest footage is in the archive a little later than it happens. */
const STILL_BEHIND_MS = 2000
/** One of two stills did not come: the picture is older than such pictures are. */
const STILL_OLD_MS = 6000 + STILL_BEHIND_MS

/** No decoder for any of its streams: said in words, over pictures that the server decodes, each with its own time. */
function Stills({ id, camera, codec }: { id: string; camera: Camera | null; codec: string }) {
  const { t } = useTranslation('live')
  const rights = useRights()
  const why = useStore(purpose)
  const [still, setStill] = useState<{ url: string; moment: number } | null>(null)
  const [refusal, setRefusal] = useState<'may_not' | 'purpose' | null>(null)
  useNow(1000)
  // Nothing is sent to a tile that cannot show it: only the list knows how the camera is.
  const words = useWords(camera, { connected: true, refusal: null, said: null })
  // Then it is not this browser: nothing decodes it, the server neither.
  const broken = camera?.status.state === 'unusable' && camera.status.fresh
  const looksBack = !broken && (camera === null || rights.may('playback', camera))
  useEffect(() => {
    if (!looksBack) return undefined
    const stop = new AbortController()
    let shown: string | null = null
    const look = async () => {
      const asked = serverNow() - STILL_BEHIND_MS
      try {
        const next = await askStill(id, asked, 960, stop.signal)
        if (!next) return
        if (stop.signal.aborted) {
          URL.revokeObjectURL(next.url)
          return
        }
        if (shown) URL.revokeObjectURL(shown)
        shown = next.url
        setStill({ url: shown, moment: next.moment ?? asked })
        setRefusal(null)
      } catch (fault) {
        // Of what is away the shell tells; the picture ages meanwhile.
        if (stop.signal.aborted || !(fault instanceof Problem) || (fault.code !== NEEDED && fault.status !== 403)) return
        clearInterval(timer)
        setRefusal(fault.code === NEEDED ? 'purpose' : 'may_not')
      }
    }
    const timer = setInterval(() => void look(), STILL_EVERY_MS)
    void look()
    return () => {
      clearInterval(timer)
      stop.abort()
      if (shown) URL.revokeObjectURL(shown)
      setStill(null)
    }
  }, [id, looksBack, why])
  const age = still ? Math.max(0, serverNow() - still.moment) : 0
  const old = age > STILL_OLD_MS
  const none = broken ? t(camera.status.stream?.recording ? 'tile.brokenWords' : 'tile.brokenUnrecorded') : !looksBack || refusal === 'may_not' ? t('tile.stillsMayNot') : refusal === 'purpose' ? t('tile.stillsPurpose') : null
  return (
    <div className={shared.unplayable} data-old={old || undefined} data-testid="tile-unplayable">
      {still && <img src={still.url} alt={t('tile.still')} />}
      <p>
        <strong>{broken ? t('tile.broken') : t('tile.unplayable', { codec: codecName(codec) })}</strong>
        {words && <em>{words}</em>}
        {still && <em data-testid="tile-still-age"><time dir="ltr" dateTime={new Date(still.moment).toISOString()}>{clockText(still.moment)}</time> · {t('tile.stillAge', { age: durationText(age) })}</em>}
        <span>{none ?? t('tile.unplayableWords')}</span>
      </p>
    </div>
  )
}
