import { Button } from '@mantine/core'
import { DndContext, DragOverlay, MouseSensor, TouchSensor, pointerWithin, useDraggable, useDroppable, useSensor, useSensors, type Active, type Announcements, type DragEndEvent, type Over } from '@dnd-kit/core'
import { useMemo, useRef, useState, type CSSProperties, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { arrange, nameIn, useCameras, type Camera } from '@/cameras'
import { useRights } from '@/access'
import { Icon } from '@/base/icons'
import { tell } from '@/base/tray/store'
import { CameraPicker } from '../picker/CameraPicker'
import { playbackAddress } from '../playback/address'
import { MOST_SLOTS } from './address'
import { toggleFull } from '../tile/full'
import { TileControls } from './control'
import { LayoutHead } from './LayoutHead'
import { theLayout, type Cell, type Layout } from './layouts'
import { Tile } from './Tile'
import { useLiveKeys } from './useLiveKeys'
import { useServerTime } from './useServerTime'
import { useWall } from './useWall'
import classes from './live.module.css'

const WIDE_PX = 1280
/** So far a press must move to be a drag and not a click. */
const MOUSE_DRAG = { activationConstraint: { distance: 6 } }
/** A finger that moves at once scrolls the list; one that rests first picks the camera up. */
const TOUCH_DRAG = { activationConstraint: { delay: 250, tolerance: 8 } }

function placeOf({ column, row, columns, rows }: Cell): CSSProperties {
  return { gridColumn: `${column} / span ${columns}`, gridRow: `${row} / span ${rows}` }
}

function gridOf({ columns, rows }: Layout): CSSProperties {
  return { gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))` }
}

export function LivePage() {
  const { t, i18n } = useTranslation('live')
  const [, go] = useLocation()
  const list = useCameras()
  useServerTime()
  const rights = useRights()
  const cameras = useMemo(() => arrange((list.data ?? []).filter((camera) => rights.may('live', camera)), { search: '', agency: null, state: null, sort: 'name', descending: false }), [list.data, rights])
  const known = useMemo(() => new Map((list.data ?? []).map((camera) => [camera.id, camera])), [list.data])
  const wall = useWall(list.data ? cameras : undefined)
  const [heard, setHeard] = useState<string | null>(null)
  const [panel, setPanel] = useState(() => window.innerWidth > WIDE_PX || (wall.chosen && wall.slots.every((id) => id === null)))
  const [dragged, setDragged] = useState<string | null>(null)
  const [controls] = useState(() => new TileControls())
  const search = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const sensors = useSensors(useSensor(MouseSensor, MOUSE_DRAG), useSensor(TouchSensor, TOUCH_DRAG))

  const { slots, layout, page, selected } = wall
  const from = page * layout.cells.length
  const shown = layout.cells.map((cell, index) => ({ cell, index, id: slots[from + index] ?? null }))
  const leadingIndex = selected ?? Math.max(0, shown.findIndex((one) => one.id !== null))
  const leading = shown[leadingIndex]?.id ?? null
  // By camera and not by tile: a tile that moves keeps its element, and with it its running picture.
  const tiles = shown.flatMap((one) => (one.id === null ? [] : [{ ...one, id: one.id }])).sort((a, b) => (a.id < b.id ? -1 : 1))
  const nameOf = (id: string) => {
    const camera = known.get(id)
    return camera ? nameIn(camera, i18n.language) : id
  }

  const focus = (index: number) => {
    wall.select(index)
    requestAnimationFrame(() => grid.current?.querySelector<HTMLElement>(`[data-slot="${index}"]`)?.focus())
  }
  const hear = (id: string) => setHeard((before) => (before === id ? null : id))
  const looksBack = (id: string) => {
    const camera = known.get(id)
    return camera !== undefined && rights.may('playback', camera)
  }
  const playback = (id: string, moment: number) => {
    if (looksBack(id)) go(playbackAddress({ cameras: [id], at: Number.isFinite(moment) ? moment : null, span: null }))
  }
  const toggle = (id: string) => {
    if (!wall.toggle(id)) tell(t('full', { most: MOST_SLOTS }))
  }
  const find = () => {
    // At once: whoever presses F goes on typing.
    flushSync(() => setPanel(true))
    search.current?.focus()
  }
  const drop = ({ active, over }: DragEndEvent) => {
    setDragged(null)
    const camera = active.data.current?.camera as string | undefined
    const slot = over?.data.current?.slot as number | undefined
    if (camera === undefined || slot === undefined) return
    wall.place(camera, slot)
    wall.select(slot)
  }
  useLiveKeys({ wall, leading, leadingIndex, controls, onFocus: focus, onHear: hear, onPlayback: playback, onFind: find, onFullWall: () => toggleFull(grid.current), onPanel: () => setPanel((open) => !open) })

  const spoken = (active: Active) => ({ name: nameOf(String(active.data.current?.camera ?? '')) })
  const slotOf = (over: Over | null) => over?.data.current?.slot as number | undefined
  const announcements: Announcements = {
    onDragStart: ({ active }) => t('dragging.picked', spoken(active)),
    onDragOver: ({ active, over }) => {
      const slot = slotOf(over)
      return slot === undefined ? undefined : t('dragging.over', { ...spoken(active), tile: slot + 1 })
    },
    onDragEnd: ({ active, over }) => {
      const slot = slotOf(over)
      return slot === undefined ? t('dragging.away', spoken(active)) : t('dragging.dropped', { ...spoken(active), tile: slot + 1 })
    },
    onDragCancel: ({ active }) => t('dragging.away', spoken(active)),
  }

  const nothing = list.isSuccess && cameras.length === 0
  const waiting = !wall.chosen && !nothing
  return (
    <div className={classes.page} data-testid="live-page">
      <DndContext
        sensors={sensors} collisionDetection={pointerWithin} accessibility={{ announcements, screenReaderInstructions: { draggable: t('dragging.how') } }}
        onDragStart={({ active }) => setDragged((active.data.current?.camera as string | undefined) ?? null)} onDragEnd={drop} onDragCancel={() => setDragged(null)}
      >
        <div ref={grid} className={classes.wall} style={gridOf(waiting ? theLayout('4') : layout)} data-layout={layout.id} data-testid="live-wall">
          {waiting && theLayout('4').cells.map((cell) => <div key={`${cell.column} ${cell.row}`} className={classes.skeleton} style={placeOf(cell)} data-testid="live-skeleton" />)}
          {!waiting && !nothing && shown.map(({ cell, index, id }) => (id === null ? (
            <EmptySlot key={index} index={index} place={placeOf(cell)} selected={index === selected} alone={tiles.length === 0} listed={panel} onSelect={wall.select} onOpen={find} />
          ) : null))}
          {!waiting && !nothing && tiles.map(({ cell, index, id }) => (
            <Tile
              key={id} id={id} camera={list.data ? (known.get(id) ?? null) : undefined} slot={index} place={placeOf(cell)} selected={index === selected && layout.cells.length > 1}
              heard={heard === id} controls={controls} onSelect={wall.select} onHear={hear} onRemove={wall.remove} onPlayback={playback}
            />
          ))}
          {nothing && (
            <div className={classes.empty} data-testid="live-empty">
              <Icon name="cameras" size={40} />
              <h2>{rights.some('manage') ? t('empty.none') : t('empty.notYours')}</h2>
              <p>{rights.some('manage') ? t('empty.noneWords') : t('empty.notYoursWords')}</p>
              {rights.some('manage') && <Button component={Link} href="/cameras">{t('empty.add')}</Button>}
            </div>
          )}
        </div>
        {!panel && <button type="button" className={classes.open} onClick={() => setPanel(true)} aria-label={t('showPanel')} title={`${t('showPanel')} (C)`} data-testid="panel-show"><Icon name="panel" /></button>}
        {panel && (
          <CameraPicker
            cameras={cameras} chosen={slots} search={search} onToggle={toggle} loading={list.data === undefined} failed={list.isError} wrap={draggable}
            head={<LayoutHead layout={layout} page={page} pages={wall.pages} onLayout={wall.setLayout} onPage={wall.setPage} onHide={() => setPanel(false)} />}
          />
        )}
        <DragOverlay dropAnimation={null}>{dragged && <span className={classes.chip}><Icon name="cameras" size={16} /><bdi>{nameOf(dragged)}</bdi></span>}</DragOverlay>
      </DndContext>
    </div>
  )
}

function draggable(camera: Camera, row: ReactNode): ReactNode {
  return <Draggable id={camera.id}>{row}</Draggable>
}

function Draggable({ id, children }: { id: string; children: ReactNode }) {
  const { setNodeRef, listeners } = useDraggable({ id: `listed:${id}`, data: { camera: id } })
  return <div ref={setNodeRef} className={classes.drag} {...listeners}>{children}</div>
}

interface EmptyProps {
  index: number
  place: CSSProperties
  selected: boolean
  alone: boolean
  /** Whether the list of cameras is in sight. */
  listed: boolean
  onSelect: (index: number) => void
  onOpen: () => void
}

function EmptySlot({ index, place, selected, alone, listed, onSelect, onOpen }: EmptyProps) {
  const { t } = useTranslation('live')
  const { setNodeRef, isOver } = useDroppable({ id: `slot:${index}`, data: { slot: index } })
  return (
    <button
      ref={setNodeRef} type="button" className={classes.slot} style={place} data-slot={index} data-over={isOver || undefined} data-selected={selected || undefined} data-alone={(alone && index === 0) || undefined}
      onFocus={() => onSelect(index)} onClick={onOpen} data-testid="live-slot"
    >
      <span>{isOver ? t('empty.drop') : alone && listed && index === 0 ? t('empty.chooseWords') : <><Icon name="plus" size={16} />{t(alone ? 'empty.choose' : 'empty.slot')}</>}</span>
    </button>
  )
}
