/** What a marked range holds, asked before a browser is sent to fetch it: its own words for a refusal say nothing. */
import { covered, type Span } from '@/base/spans'
import { HOUR } from '@/base/time'
import { fetchTimeline } from './api'

/** So much goes into one file. */
export const LONGEST_DOWNLOAD_MS = 12 * HOUR
/** Ends of footage lie between frames: less than this is missing nowhere. */
const NOTHING_MS = 500

export type Holding = { kind: 'whole' } | { kind: 'part'; ms: number } | { kind: 'nothing' } | { kind: 'long' }

export function holding(spans: readonly Span[], range: Span): Holding {
  if (range.to - range.from > LONGEST_DOWNLOAD_MS) return { kind: 'long' }
  const ms = covered(spans, range)
  if (ms === 0) return { kind: 'nothing' }
  return ms < range.to - range.from - NOTHING_MS ? { kind: 'part', ms } : { kind: 'whole' }
}

export async function askHolding(camera: string, range: Span): Promise<Holding> {
  if (range.to - range.from > LONGEST_DOWNLOAD_MS) return { kind: 'long' }
  const timeline = await fetchTimeline([camera], range)
  return holding(timeline.cameras.get(camera)?.spans ?? [], range)
}
