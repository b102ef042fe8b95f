import { ActionIcon } from '@mantine/core'
import { useDraggable, useDroppable } from '@dnd-kit/core'
import { useCallback, useEffect, useRef, useState, type CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { nameIn, otherName, type Camera } from '@/cameras'
import { useRights } from '@/access'
import { ahead } from '@/base/ahead'
import { Icon, type IconName } from '@/base/icons'
import { serverNow } from '@/base/server_clock'
import { useStore } from '@/base/store'
import { tell } from '@/base/tray/store'
import { codecName } from '../tile/codec_name'
import { toggleFull } from '../tile/full'
import { savePictureOf } from '../tile/snapshot'
import shared from '../tile/tile.module.css'
import type { TileControls } from './control'
import { Reason } from './Reason'
import { Replay } from './Replay'
import { Halves } from './Halves'
import { LiveScreen } from './screen'
import { State } from './State'
import { useSight } from './useSight'
import classes from './live.module.css'

export interface TileProps {
  id: string
  /** Unknown while the list is loading; null: there is no such camera. */
  camera: Camera | null | undefined
  slot: number
  place: CSSProperties
  selected: boolean
  heard: boolean
  controls: TileControls
  onSelect: (slot: number) => void
  onHear: (id: string) => void
  onRemove: (id: string) => void
  onPlayback: (id: string, moment: number) => void
}

/** A live camera. It is one element as long as the camera is on the wall, wherever its tile moves. */
export function Tile(props: TileProps) {
  const { id, camera, slot, place, selected, heard, onSelect } = props
  const { t } = useTranslation('live')
  const root = useRef<HTMLElement | null>(null)
  const first = useRef<HTMLVideoElement>(null)
  const second = useRef<HTMLVideoElement>(null)
  const [screen, setScreen] = useState<LiveScreen | null>(null)
  const { inSight, widthPx } = useSight(root)
  const known = camera !== undefined && camera !== null
  const hasSub = Boolean(camera?.sub)
  const rights = useRights()
  const mayLive = known && rights.may('live', camera)
  const drag = useDraggable({ id: `camera:${id}`, data: { camera: id } })
  const drop = useDroppable({ id: `slot:${slot}`, data: { slot } })
  const take = useCallback((element: HTMLElement | null) => {
    root.current = element
    drag.setNodeRef(element)
    drop.setNodeRef(element)
  }, [drag.setNodeRef, drop.setNodeRef]) // eslint-disable-line react-hooks/exhaustive-deps -- these two are stable, their owners are not

  useEffect(() => {
    if (!first.current || !second.current) return undefined
    const made = new LiveScreen(id, [first.current, second.current])
    setScreen(made)
    return () => {
      made.end()
      setScreen(null)
    }
  }, [id])
  useEffect(() => screen?.want({ widthPx, hasSub, inSight: inSight && mayLive }), [screen, widthPx, hasSub, inSight, mayLive])
  useEffect(() => screen?.hear(heard ? 1 : 0), [screen, heard])

  return (
    <article
      ref={take} className={`${shared.tile ?? ''} ${classes.tile ?? ''}`} style={place} data-testid="tile" data-camera={id} data-slot={slot} data-selected={selected || undefined}
      data-dragged={drag.isDragging || undefined} data-over={(drop.isOver && !drag.isDragging) || undefined}
      tabIndex={selected ? 0 : -1} aria-label={camera?.name ?? id}
      onDoubleClick={() => toggleFull(root.current)} onFocus={() => onSelect(slot)} onPointerDown={() => onSelect(slot)} {...drag.listeners}
    >
      <Halves screen={screen} first={first} second={second} />
      {camera === null && <p className={shared.note}>{t('tile.gone')}</p>}
      {screen && <Face {...props} mayLive={mayLive} screen={screen} root={root} />}
    </article>
  )
}

/** What is pressed there is no tile. */
const still = (event: React.SyntheticEvent) => event.stopPropagation()

type FaceProps = TileProps & { mayLive: boolean; screen: LiveScreen; root: React.RefObject<HTMLElement | null> }

/** What lies over the picture: whose it is, how it is, when it was, and what can be done. */
function Face({ id, camera, mayLive, screen, root, heard, controls, onHear, onRemove, onPlayback }: FaceProps) {
  const { t, i18n } = useTranslation('live')
  const view = useStore(screen.view)
  const [standsMs, setStandsMs] = useState(0)
  const [replay, setReplay] = useState(false)
  const rights = useRights()
  const looksBack = camera != null && rights.may('playback', camera)
  const name = camera ? nameIn(camera, i18n.language) : id
  const other = camera ? otherName(camera, i18n.language) : ''

  const snapshot = () => {
    const video = replay ? root.current?.querySelector<HTMLVideoElement>('[data-testid="replay-video"]') : screen.video
    const shown = replay ? Date.parse(root.current?.querySelector<HTMLTimeElement>('[data-testid="replay-clock"]')?.dateTime ?? '') : screen.moment
    void savePictureOf(video, name, Number.isFinite(shown) ? shown : serverNow()).then((file) => tell(file ? t('snapshotSaved', { file }) : t('snapshotFailed'), { tone: file ? 'good' : 'bad' }))
  }
  const full = () => toggleFull(root.current)
  const control = useRef({ snapshot, full, replaying: replay, looksBack })
  useEffect(() => {
    control.current = { snapshot, full, replaying: replay, looksBack }
  })
  useEffect(() => controls.add(id, {
    snapshot: () => control.current.snapshot(),
    full: () => control.current.full(),
    replay: () => setReplay((on) => !on && control.current.looksBack),
    endReplay: () => {
      const was = control.current.replaying
      setReplay(false)
      return was
    },
    moment: () => screen.moment,
  }), [controls, id, screen])

  return (
    <>
      <div className={`${shared.face ?? ''} ${classes.face ?? ''}`} data-stands={standsMs > 0 || undefined} data-testid="tile-face">
        {!replay && camera && !mayLive && <p className={shared.note} data-testid="tile-may-not">{t('tile.mayNot')}</p>}
        {!replay && (mayLive || !camera) && <Reason id={id} camera={camera ?? null} view={view} standsMs={standsMs} screen={screen} />}
        <header className={shared.name}>
          <bdi title={other}>{name}</bdi>
          {view.unplayable && !view.dark && <small className={classes.instead}>{t('tile.unplayableSub', { codec: codecName(view.unplayable) })}</small>}
        </header>
        <State screen={screen} view={view} camera={camera ?? null} onStands={setStandsMs} />
      </div>
      {replay && <Replay id={id} name={name} onEnd={() => setReplay(false)} />}
      <div className={classes.acts} role="toolbar" aria-label={t('tile.acts', { name })} onPointerEnter={ahead.playback} onPointerDown={still} onMouseDown={still} onTouchStart={still} onDoubleClick={(event) => event.stopPropagation()}>
        <Act icon="camera" label={t('tile.snapshot')} hint="S" onClick={snapshot} test="tile-snapshot" />
        {looksBack && <Act icon="replay" label={t('tile.replay')} hint="R" onClick={() => setReplay(!replay)} test="tile-replay-open" pressed={replay} />}
        {view.sound && <Act icon={heard ? 'sound' : 'mute'} label={heard ? t('tile.mute') : t('tile.hear')} hint="A" onClick={() => onHear(id)} test="tile-sound" pressed={heard} />}
        {looksBack && <Act icon="playback" label={t('tile.playback')} hint="P" onClick={() => onPlayback(id, screen.moment)} test="tile-playback" />}
        <Act icon="full" label={t('tile.full')} hint="⏎" onClick={full} test="tile-full" />
        <Act icon="close" label={t('tile.remove')} hint="Del" onClick={() => onRemove(id)} test="tile-remove" />
      </div>
    </>
  )
}

function Act({ icon, label, hint, onClick, test, pressed }: { icon: IconName; label: string; hint: string; onClick: () => void; test: string; pressed?: boolean }) {
  return (
    <ActionIcon variant="filled" color="dark.6" size={32} aria-label={label} aria-pressed={pressed} title={`${label} (${hint})`} onClick={onClick} data-testid={test}>
      <Icon name={icon} />
    </ActionIcon>
  )
}
