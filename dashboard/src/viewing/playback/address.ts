/** Where you are is in the address: cameras, moment, zoom. */
import { isoText } from '@/base/time'

export const MOST_TILES = 9

export interface Place {
  cameras: string[]
  /** Milliseconds since the epoch; 'now': live; null: the newest there is recorded. */
  at: number | 'now' | null
  /** Milliseconds on the timeline; null: the usual. */
  span: number | null
}

export function readPlace(query: string): Place {
  const read = new URLSearchParams(query)
  const text = read.get('at') ?? ''
  const at = text === 'now' ? text : Date.parse(text)
  const span = Number(read.get('span')) * 1000
  const cameras = [...new Set((read.get('cameras') ?? '').split(',').filter(Boolean))].slice(0, MOST_TILES)
  return { cameras, at: at === 'now' || Number.isFinite(at) ? at : null, span: span > 0 && Number.isFinite(span) ? span : null }
}

export function playbackAddress({ cameras, at, span }: Place): string {
  const parts = [`cameras=${cameras.join(',')}`]
  if (at === 'now') parts.push('at=now')
  else if (at !== null) parts.push(`at=${isoText(at)}`)
  if (span !== null) parts.push(`span=${Math.round(span / 1000)}`)
  return `/playback?${parts.join('&')}`
}
