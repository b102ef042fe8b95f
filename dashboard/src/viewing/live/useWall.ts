/** The wall as the address says it, and the ways to change it. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Camera } from '@/cameras'
import { layoutFor, theLayout, type Layout } from './layouts'
import { liveAddress, MOST_SLOTS, pagesOf, readLivePlace, type LivePlace } from './address'
import { firstFree, put, takeOut, type Slots } from './slots'

const KEPT = 'cctv.live'
/** A wall that nobody chose shows so many cameras at most. */
const FIRST_MOST = 9

export interface Wall extends LivePlace {
  pages: number
  /** Index of the selected tile on this page; null when none is. */
  selected: number | null
  select: (index: number | null) => void
  setLayout: (layout: Layout) => void
  setPage: (page: number) => void
  /** Puts the camera into a tile of this page. */
  place: (camera: string, index: number) => void
  /** In or out of the wall; false when every tile is taken. */
  toggle: (camera: string) => boolean
  remove: (camera: string) => void
}

function firstWall(cameras: readonly Camera[]): string | null {
  const kept = localStorage.getItem(KEPT)
  if (kept && readLivePlace(kept).slots.length > 0) return `/live?${kept}`
  const slots = cameras.slice(0, FIRST_MOST).map((camera) => camera.id)
  return slots.length ? liveAddress({ slots, layout: layoutFor(slots.length), page: 0 }) : null
}

export function useWall(cameras: readonly Camera[] | undefined): Wall {
  const query = useSearch()
  const [, go] = useLocation()
  const place = useMemo(() => readLivePlace(query), [query])
  const [selected, select] = useState<number | null>(null)
  const { slots, layout, page } = place
  const size = layout.cells.length
  const from = page * size

  useEffect(() => {
    if (place.chosen) localStorage.setItem(KEPT, query)
    else if (cameras) {
      const first = firstWall(cameras)
      if (first) go(first, { replace: true })
    }
  }, [place.chosen, query, cameras, go])

  const write = useCallback((next: { slots?: Slots; layout?: Layout; page?: number }) => {
    const all = { slots, layout, page, ...next }
    go(liveAddress({ ...all, page: Math.min(all.page, pagesOf(all.slots, all.layout) - 1) }), { replace: true })
  }, [slots, layout, page, go])

  const setLayout = (next: Layout) => {
    // The selected tile stays in sight, whatever the new layout's pages are.
    const kept = from + (selected ?? 0)
    const nextPage = Math.floor(kept / next.cells.length)
    write({ layout: next, page: nextPage })
    if (selected !== null) select(kept - nextPage * next.cells.length)
  }
  const toggle = (camera: string): boolean => {
    if (slots.includes(camera)) {
      write({ slots: takeOut(slots, camera) })
      return true
    }
    const wished = selected !== null && (slots[from + selected] ?? null) === null ? from + selected : firstFree(slots, from, size)
    if (wished >= 0) write({ slots: put(slots, camera, wished) })
    else if (selected !== null) write({ slots: put(slots, camera, from + selected) })
    else return grow(camera)
    return true
  }
  /** No tile is free and none is selected: the wall gets a larger layout, or a further page. */
  const grow = (camera: string): boolean => {
    const free = firstFree(slots, 0, slots.length + 1)
    if (free >= MOST_SLOTS) return false
    const next = put(slots, camera, free)
    const largest = theLayout('36')
    const larger = free < largest.cells.length && page === 0 ? layoutFor(free + 1) : layout
    write({ slots: next, layout: larger.cells.length > size ? larger : layout, page: Math.floor(free / Math.max(size, larger.cells.length)) })
    return true
  }
  return {
    ...place, selected, select, setLayout, toggle,
    pages: pagesOf(slots, layout),
    setPage: (next) => write({ page: next }),
    place: (camera, index) => write({ slots: put(slots, camera, from + index) }),
    remove: (camera) => write({ slots: takeOut(slots, camera) }),
  }
}

