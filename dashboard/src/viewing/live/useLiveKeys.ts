/** What the keys do on the live page. */
import { useTranslation } from 'react-i18next'
import { keyName, useKeys } from '@/base/keys'
import type { TileControls } from './control'
import { LAYOUTS, neighbour } from './layouts'
import type { Wall } from './useWall'

interface Wires {
  wall: Wall
  /** The camera in the tile that keys act on. */
  leading: string | null
  leadingIndex: number
  controls: TileControls
  onFocus: (index: number) => void
  onHear: (id: string) => void
  onPlayback: (id: string, moment: number) => void
  onFind: () => void
  onFullWall: () => void
  onPanel: () => void
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

export function useLiveKeys({ wall, leading, leadingIndex, controls, onFocus, onHear, onPlayback, onFind, onFullWall, onPanel }: Wires): void {
  const { t } = useTranslation('live')
  const beside = (event: KeyboardEvent): number => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0]
    const mirrored = document.documentElement.dir === 'rtl' ? -dx : dx
    return wall.selected === null && leading === null ? 0 : neighbour(wall.layout, leadingIndex, mirrored, dy)
  }
  const act = (what: (id: string) => void) => () => {
    if (leading) what(leading)
  }
  useKeys(t('keys'), [
    { keys: LAYOUTS.map((layout) => layout.key), label: t('key.layout'), act: (event) => {
      const layout = LAYOUTS.find((one) => one.key === keyName(event))
      if (layout) wall.setLayout(layout)
    } },
    { keys: ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown'], label: t('key.tile'), act: (event) => onFocus(beside(event)) },
    { keys: ['Shift+ArrowRight', 'Shift+ArrowLeft', 'Shift+ArrowUp', 'Shift+ArrowDown'], label: t('key.move'), act: (event) => {
      const to = beside(event)
      if (!leading || to === leadingIndex) return
      wall.place(leading, to)
      onFocus(to)
    } },
    { keys: ['Enter'], label: t('key.full'), act: act((id) => controls.of(id)?.full()) },
    { keys: ['Shift+Enter'], label: t('key.fullWall'), act: onFullWall },
    { keys: ['s'], label: t('key.snapshot'), act: act((id) => controls.of(id)?.snapshot()) },
    { keys: ['r'], label: t('key.replay'), act: act((id) => controls.of(id)?.replay()) },
    { keys: ['a'], label: t('key.sound'), act: act(onHear) },
    { keys: ['p'], label: t('key.playback'), act: act((id) => onPlayback(id, controls.of(id)?.moment() ?? Number.NaN)) },
    { keys: ['f', '/'], label: t('key.find'), act: onFind },
    { keys: ['c'], label: t('key.panel'), act: onPanel },
    { keys: ['Delete'], label: t('key.remove'), act: act((id) => wall.remove(id)) },
    { keys: ['PageDown', 'PageUp'], label: t('key.pages'), act: (event) => {
      const to = wall.page + (event.key === 'PageDown' ? 1 : -1)
      if (to >= 0 && to < wall.pages) wall.setPage(to)
    } },
    {
      keys: ['Escape'], label: t('key.escape'), inFields: true,
      act: () => {
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur()
        else if (document.fullscreenElement) void document.exitFullscreen()
        else if (!controls.of(leading)?.endReplay()) {
          if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
          wall.select(null)
        }
      },
    },
  ])
}
