import { useVirtualizer } from '@tanstack/react-virtual'
import { useDebouncedValue } from '@mantine/hooks'
import { memo, useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useRights } from '@/access'
import { durationText } from '@/base/time'
import type { Agency, Camera } from './api'
import { DayStrip } from './DayStrip'
import { shareText, useDays, wordOf, type Day } from './day'
import type { SortKey, Wish } from './list'
import { nameIn, otherName } from './names'
import { isLost } from './states'
import { StateWord } from './StateWord'
import classes from './table.module.css'

const ROW_PX = 44
/** So long a list that is scrolled must rest before anybody asks what its rows recorded. */
const REST_MS = 200
const ARROWS = ['▴', '▾']

/** By the day nothing is sorted: of rows out of sight nobody has asked what was recorded. */
const COLUMNS: { key: SortKey | 'day'; sort: SortKey | null }[] = [
  { key: 'state', sort: 'state' }, { key: 'name', sort: 'name' }, { key: 'agency', sort: 'agency' }, { key: 'place', sort: 'place' },
  { key: 'video', sort: 'video' }, { key: 'rate', sort: 'rate' }, { key: 'day', sort: null },
]

export function videoText(camera: Camera): string {
  const { stream } = camera.status
  if (!stream) return '–'
  const codec = { h264: 'H.264', h265: 'H.265', mjpeg: 'MJPEG' }[stream.codec] ?? stream.codec
  return `${codec} ${stream.width}×${stream.height}${stream.fps ? ` ${Math.round(stream.fps)}/s` : ''}`
}

interface RowProps {
  camera: Camera
  agency: string
  day: Day | undefined
  now: number
  selected: boolean
  chosen: boolean
  onOpen: (id: string) => void
  /** Null: whoever looks may change none. */
  onChoose: ((id: string, range: boolean) => void) | null
}

const Row = memo(function Row({ camera, agency, day, now, selected, chosen, onOpen, onChoose }: RowProps) {
  const { t, i18n } = useTranslation('cameras')
  const { status } = camera
  const word = wordOf(day)
  const share = typeof word === 'string' ? null : t('percent', { value: shareText(word.share) })
  const calm = (status.state === 'online' && !isLost(status)) || status.state === 'off'
  return (
    <div role="row" aria-selected={selected} className={classes.row} data-selected={selected || undefined} data-chosen={chosen || undefined} data-testid="camera-row" data-camera={camera.id} onClick={(event) => (onChoose && (event.shiftKey || event.ctrlKey || event.metaKey) ? onChoose(camera.id, event.shiftKey) : onOpen(camera.id))}>
      <label role="gridcell" className={classes.choose} onClick={(event) => onChoose && event.stopPropagation()}>
        {onChoose && <input type="checkbox" checked={chosen} aria-label={t('choose.one', { name: nameIn(camera, i18n.language) })} onChange={(event) => onChoose(camera.id, (event.nativeEvent as MouseEvent).shiftKey)} data-testid="camera-choose" />}
      </label>
      <div role="gridcell" className={classes.state} title={status.reason}>
        <StateWord status={status} />
        <small><bdi>{calm && status.fresh ? durationText(Math.max(0, now - Date.parse(status.since))) : status.reason}</bdi></small>
      </div>
      <div role="gridcell" className={classes.name}>
        <bdi>{nameIn(camera, i18n.language)}</bdi>
        <small><bdi>{otherName(camera, i18n.language)}</bdi></small>
      </div>
      <div role="gridcell" className={classes.agency}>{agency}</div>
      <div role="gridcell" className={classes.place} title={camera.place.text}><bdi>{camera.place.text}</bdi></div>
      <div role="gridcell" className={classes.video}><bdi>{videoText(camera)}</bdi></div>
      <div role="gridcell" className={classes.rate}><bdi dir="ltr">{status.stream?.bit_rate ? t('rate', { value: (status.stream.bit_rate / 1e6).toFixed(1) }) : '–'}</bdi></div>
      <div role="gridcell" className={classes.day}>
        <DayStrip day={day} label={typeof word === 'string' ? t(word) : share ?? ''} />
        <span><bdi dir="ltr">{share ?? '–'}</bdi></span>
      </div>
    </div>
  )
})

interface Props {
  cameras: readonly Camera[]
  agencies: readonly Agency[]
  wish: Wish
  onSort: (key: SortKey) => void
  selected: string | null
  chosen: ReadonlySet<string>
  onChoose: ((id: string, range: boolean) => void) | null
  onChooseAll: (all: boolean) => void
  onOpen: (id: string) => void
  now: number
}

export function CameraTable({ cameras, agencies, wish, onSort, selected, chosen, onChoose, onChooseAll, onOpen, now }: Props) {
  const { t, i18n } = useTranslation('cameras')
  const scroll = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list is used inside this component only
  const rows = useVirtualizer({ count: cameras.length, getScrollElement: () => scroll.current, estimateSize: () => ROW_PX, overscan: 8, getItemKey: (index) => cameras[index]?.id ?? index })
  const items = rows.getVirtualItems()
  const seen = useMemo(() => items.flatMap((item) => cameras[item.index]?.id ?? []), [items, cameras])
  const rights = useRights()
  const playable = new Set(cameras.filter((camera) => rights.may('playback', camera)).map((camera) => camera.id))
  // Of a camera that one may not play back nobody says what was recorded.
  const [rest] = useDebouncedValue(seen.filter((id) => playable.has(id)).join(' '), REST_MS, { leading: true })
  const days = useDays(useMemo(() => rest.split(' ').filter(Boolean), [rest]), now)
  const words = useMemo(() => new Map(agencies.map((agency) => [agency.code, nameIn(agency, i18n.language)])), [agencies, i18n.language])
  const openAt = selected === null ? -1 : cameras.findIndex((camera) => camera.id === selected)
  useEffect(() => {
    if (openAt >= 0) rows.scrollToIndex(openAt, { align: 'auto' })
    // Only when the choice moves, not when rows are measured anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [openAt])
  const some = cameras.some((camera) => chosen.has(camera.id))
  const all = some && cameras.every((camera) => chosen.has(camera.id))
  return (
    <div className={classes.table} role="grid" aria-label={t('title')} aria-rowcount={cameras.length}>
      <div role="row" className={classes.head} data-choosing={chosen.size > 0 || undefined}>
        <label role="columnheader" className={classes.choose}>
          {onChoose && <input
            type="checkbox" checked={all} aria-label={t('choose.all')} title={t('choose.all')} onChange={() => onChooseAll(!all)} data-testid="choose-all"
            ref={(box) => {
              if (box) box.indeterminate = some && !all
            }}
          />}
        </label>
        {COLUMNS.map(({ key, sort }) => (sort === null ? <span key={key} role="columnheader" className={classes[key]}>{t(`column.${key}`)}</span> : (
          <button
            key={key} type="button" role="columnheader" className={classes[key]} data-testid={`sort-${key}`}
            aria-sort={wish.sort === sort ? (wish.descending ? 'descending' : 'ascending') : 'none'} onClick={() => onSort(sort)}
          >
            {t(`column.${key}`)}
            <i aria-hidden>{wish.sort === sort && ARROWS[Number(wish.descending)]}</i>
          </button>
        )))}
      </div>
      <div ref={scroll} className={classes.scroll} data-choosing={chosen.size > 0 || undefined}>
        <div style={{ blockSize: rows.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const camera = cameras[item.index]
            if (!camera) return null
            return (
              <div key={item.key} className={classes.slot} style={{ transform: `translateY(${item.start}px)`, blockSize: ROW_PX }}>
                <Row camera={camera} agency={words.get(camera.agency) ?? camera.agency} day={days.get(camera.id)} now={now} selected={camera.id === selected} chosen={chosen.has(camera.id)} onOpen={onOpen} onChoose={onChoose} />
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}
