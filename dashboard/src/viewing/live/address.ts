/** Where you are is in the address: the cameras in their tiles, the layout, the page of the wall. */
import { layoutFor, layoutOf, type Layout } from './layouts'
import type { Slots } from './slots'

export const MOST_SLOTS = 360

export interface LivePlace {
  slots: Slots
  layout: Layout
  /** From 0. */
  page: number
  /** The address names cameras or a layout; otherwise the page chooses. */
  chosen: boolean
}

export function readLivePlace(query: string): LivePlace {
  const read = new URLSearchParams(query)
  const seen = new Set<string>()
  const slots = (read.get('cameras') ?? '').split(',').slice(0, MOST_SLOTS).map((id) => {
    if (!id || seen.has(id)) return null
    seen.add(id)
    return id
  })
  while (slots.length > 0 && slots.at(-1) === null) slots.pop()
  const named = layoutOf(read.get('layout'))
  const layout = named ?? layoutFor(Math.max(1, slots.length))
  const page = Number(read.get('page') ?? 1) - 1
  const pages = pagesOf(slots, layout)
  return { slots, layout, page: Number.isInteger(page) ? Math.min(Math.max(0, page), pages - 1) : 0, chosen: named !== null || slots.length > 0 }
}

export function pagesOf(slots: Slots, layout: Layout): number {
  return Math.max(1, Math.ceil(slots.length / layout.cells.length))
}

export function liveAddress({ slots, layout, page }: Pick<LivePlace, 'slots' | 'layout' | 'page'>): string {
  const parts = [`layout=${encodeURIComponent(layout.id)}`]
  if (slots.length) parts.push(`cameras=${slots.map((slot) => slot ?? '').join(',')}`)
  if (page > 0) parts.push(`page=${page + 1}`)
  return `/live?${parts.join('&')}`
}
