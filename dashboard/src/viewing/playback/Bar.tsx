import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { nameIn, type Camera } from '@/cameras'
import { Icon, type IconName } from '@/base/icons'
import type { Span } from '@/base/spans'
import { purpose } from '@/base/purpose'
import { useStore, type Store } from '@/base/store'
import { DAY, HOUR, MINUTE, clockText, dayText, durationText } from '@/base/time'
import { GoTo } from './GoTo'
import { asking } from './PurposeBox'
import type { PlaybackSession } from './session'
import { BACKWARD, byKeyFrames, speedText, SPEEDS } from './speeds'
import { centred, type View } from './timeline/view'
import { useFrame } from './useFrame'
import classes from './bar.module.css'

interface Props {
  session: PlaybackSession
  view: Store<View>
  range: Store<Span | null>
  cameras: readonly string[]
  /** Cameras whose footage may leave the system by whoever looks. */
  takeable: readonly string[]
  known: ReadonlyMap<string, Camera>
  going: boolean
  onGoing: (going: boolean) => void
  onStep: (direction: 1 | -1) => void
  onNow: () => void
  onDownload: (camera: string) => void
  onPanel: () => void
  panel: boolean
}

const ZOOMS = [['10min', 10 * MINUTE], ['1h', HOUR], ['6h', 6 * HOUR], ['24h', DAY], ['7d', 7 * DAY], ['31d', 31 * DAY]] as const

function Key({ icon, label, keys, act, testid, pressed }: { icon: IconName; label: string; keys: string; act: () => void; testid?: string; pressed?: boolean }) {
  return (
    <Tooltip label={`${label} (${keys})`}>
      <ActionIcon variant="subtle" color="gray" size={32} aria-label={label} aria-pressed={pressed} onClick={act} data-testid={testid}><Icon name={icon} /></ActionIcon>
    </Tooltip>
  )
}

export function Bar({ session, view, range, cameras, takeable, known, going, onGoing, onStep, onNow, onDownload, onPanel, panel }: Props) {
  const { t, i18n } = useTranslation('playback')
  const { playing, rate, held } = useStore(session.view)
  const live = useStore(session.live)
  const marked = useStore(range)
  const why = useStore(purpose)
  const { span } = useStore(view)
  const clock = useRef<HTMLSpanElement>(null)
  const day = useRef<HTMLElement>(null)
  useFrame(() => {
    const moment = session.clock.moment()
    const text = clockText(moment, !session.clock.playing)
    if (clock.current && clock.current.textContent !== text) {
      clock.current.textContent = text
      if (day.current) day.current.textContent = dayText(moment, i18n.language)
    }
  })
  const moment = (at: number) => clockText(at)
  return (
    <div className={classes.bar} data-testid="playback-bar">
      <div className={classes.group}>
        <Key icon="stepBack" label={t('bar.frameBack')} keys="," act={() => onStep(-1)} testid="step-back" />
        <Tooltip label={`${playing ? t('bar.pause') : t('bar.play')} (Space)`}>
          <ActionIcon variant="filled" color="dark.5" c="var(--text)" size={34} radius="xl" aria-label={playing ? t('bar.pause') : t('bar.play')} onClick={() => session.toggle()} data-testid="play"><Icon name={playing ? 'pause' : 'play'} size={20} /></ActionIcon>
        </Tooltip>
        <Key icon="stepForward" label={t('bar.frameOn')} keys="." act={() => onStep(1)} testid="step-forward" />
      </div>
      <GoTo open={going} onOpen={onGoing} session={session} cameras={cameras}>
        <button type="button" className={classes.clock} onClick={() => onGoing(!going)} title={`${t('bar.go')} (G)`} data-testid="master-clock">
          <span ref={clock} dir="ltr" />
          <small ref={day} />
        </button>
      </GoTo>
      <Menu position="top-start">
        <Menu.Target>
          <Button variant="default" className={classes.speed} data-fast={byKeyFrames(rate) || undefined} data-testid="speed">{speedText(rate)}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.speeds}>
            <div>{SPEEDS.map((one) => <Menu.Item key={one} onClick={() => session.play(one)} data-testid={`speed-${one}`} data-chosen={one === rate || undefined}>{speedText(one)}</Menu.Item>)}</div>
            <div>{BACKWARD.map((one) => <Menu.Item key={one} onClick={() => session.play(one)} data-testid={`speed-back${-one}`} data-chosen={one === rate || undefined}>{speedText(one)}</Menu.Item>)}</div>
          </div>
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={`${t('bar.now')} (N)`}><Button variant="default" className={classes.now} aria-pressed={live} leftSection={live ? <i aria-hidden /> : <Icon name="now" size={16} />} onClick={onNow} data-testid="now">{t(live ? 'bar.live' : 'bar.now')}</Button></Tooltip>
      <span className={classes.held} data-testid="held">{held === 'loading' ? t('bar.loading') : held === 'newest' ? t('bar.newest') : playing && byKeyFrames(rate) ? t('bar.keyFrames') : ''}</span>
      <span className={classes.spring} />
      {why && (
        <div className={classes.why} data-testid="purpose-given">
          <button type="button" title={t('purpose.change', { reason: why.reason })} onClick={() => asking.set({})}><bdi>{t('purpose.given', { case: why.case_ref })}</bdi></button>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('purpose.end')} title={t('purpose.end')} onClick={() => purpose.set(null)} data-testid="purpose-end"><Icon name="close" size={14} /></ActionIcon>
        </div>
      )}
      {marked && (
        <div className={classes.range} data-testid="range">
          <span dir="ltr">{t('bar.range', { from: moment(marked.from), to: moment(marked.to), length: durationText(marked.to - marked.from) })}</span>
          {takeable.length === 1 && <Button leftSection={<Icon name="download" size={16} />} onClick={() => takeable[0] && onDownload(takeable[0])} data-testid="download">{t('bar.download')}</Button>}
          {takeable.length > 1 && (
            <Menu position="top-end">
              <Menu.Target><Button leftSection={<Icon name="download" size={16} />} data-testid="download">{t('bar.download')}</Button></Menu.Target>
              <Menu.Dropdown>
                {takeable.map((id) => {
                  const camera = known.get(id)
                  return <Menu.Item key={id} onClick={() => onDownload(id)}>{camera ? nameIn(camera, i18n.language) : id}</Menu.Item>
                })}
              </Menu.Dropdown>
            </Menu>
          )}
          <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('bar.clear')} onClick={() => range.set(null)}><Icon name="close" size={16} /></ActionIcon>
        </div>
      )}
      {!marked && (
        <div className={classes.group}>
          <Key icon="range" label={t('bar.in')} keys="I, O" act={() => range.set({ from: session.clock.moment(), to: session.clock.moment() + MINUTE })} testid="mark" />
        </div>
      )}
      <div className={classes.zooms} role="group" aria-label={t('bar.zoom')}>
        {ZOOMS.map(([name, length]) => (
          <button key={name} type="button" aria-pressed={Math.abs(span - length) < length * 0.02} onClick={() => view.set(centred(session.clock.moment() + (length > DAY ? -length * 0.4 : 0), length))} data-testid={`zoom-${name}`}>{t(`zoom.${name}`)}</button>
        ))}
      </div>
      <Key icon="panel" label={panel ? t('hidePanel') : t('showPanel')} keys="C" act={onPanel} testid="toggle-panel" pressed={panel} />
    </div>
  )
}
