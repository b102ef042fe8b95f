/** What the keys do on the playback page. */
import { useTranslation } from 'react-i18next'
import { useKeys } from '@/base/keys'
import type { Span } from '@/base/spans'
import type { Store } from '@/base/store'
import { toggleFull } from '../tile/full'
import { arrowRead, tileBeside } from './grid'
import type { PlaybackSession } from './session'
import { clampSpan, type View } from './timeline/view'

interface Wires {
  session: PlaybackSession | null
  view: Store<View>
  range: Store<Span | null>
  cameras: readonly string[]
  /** Of the tiles on the stage. */
  columns: number
  leading: string | null
  grid: React.RefObject<HTMLElement | null>
  onSelect: (id: string) => void
  onNow: () => void
  onGo: () => void
  onSnapshot: (id: string) => void
  onFind: () => void
  onPanel: () => void
  onRemove: (id: string) => void
}

const TEN_S = 10_000

export function usePlaybackKeys({ session, view, range, cameras, columns, leading, grid, onSelect, onNow, onGo, onSnapshot, onFind, onPanel, onRemove }: Wires): void {
  const { t } = useTranslation('playback')
  const zoom = (factor: number) => {
    if (!session) return
    const { from, span } = view.get()
    const head = session.clock.moment()
    const next = clampSpan(span * factor)
    const pin = head >= from && head <= from + span ? (head - from) / span : 0.5
    view.set({ from: from + span * pin - next * pin, span: next })
  }
  const mark = (end: 'from' | 'to') => {
    if (!session) return
    const at = session.clock.moment()
    const before = range.get()
    const next = end === 'from' ? { from: at, to: Math.max(before?.to ?? 0, at + 1000) } : { from: Math.min(before?.from ?? Infinity, at - 1000), to: at }
    range.set({ from: end === 'to' && !before ? at - TEN_S : next.from, to: end === 'from' && !before ? at + TEN_S : next.to })
  }
  const beside = (key: string) => {
    const at = leading === null ? -1 : cameras.indexOf(leading)
    const next = cameras[at < 0 ? 0 : tileBeside(cameras.length, columns, at, arrowRead(key, document.documentElement.dir === 'rtl'))]
    if (next) onSelect(next)
  }
  const full = () => toggleFull(grid.current?.querySelector(`[data-camera="${leading ?? ''}"]`))
  useKeys(t('keys'), [
    { keys: ['Space'], label: t('key.playPause'), act: () => session?.toggle() },
    { keys: ['j'], label: t('key.backward'), act: () => session?.backward() },
    { keys: ['k'], label: t('key.pause'), act: () => session?.pause() },
    { keys: ['l'], label: t('key.forward'), act: () => session?.forward() },
    { keys: [','], label: t('key.frameBack'), act: () => session?.step(leading, -1) },
    { keys: ['.'], label: t('key.frameOn'), act: () => session?.step(leading, 1) },
    { keys: ['Shift+ArrowLeft'], label: t('key.back10'), act: () => session?.jump(-TEN_S) },
    { keys: ['Shift+ArrowRight'], label: t('key.on10'), act: () => session?.jump(TEN_S) },
    { keys: ['n'], label: t('key.now'), act: onNow },
    { keys: ['g'], label: t('key.go'), act: onGo },
    { keys: ['i'], label: t('key.in'), act: () => mark('from') },
    { keys: ['o'], label: t('key.out'), act: () => mark('to') },
    { keys: ['s'], label: t('key.snapshot'), act: () => leading !== null && onSnapshot(leading) },
    { keys: ['f', '/'], label: t('key.find'), act: onFind },
    { keys: ['c'], label: t('key.panel'), act: onPanel },
    { keys: ['+', '='], label: t('key.zoomIn'), act: () => zoom(0.5) },
    { keys: ['-'], label: t('key.zoomOut'), act: () => zoom(2) },
    { keys: ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown'], label: t('key.tile'), act: (event) => beside(event.key) },
    { keys: ['Enter'], label: t('key.fullScreen'), act: full },
    { keys: ['Delete'], label: t('key.remove'), act: () => leading !== null && cameras.length > 1 && onRemove(leading) },
    {
      keys: ['Escape'], label: t('key.escape'), inFields: true,
      act: () => {
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur()
        else range.set(null)
      },
    },
  ])
}
