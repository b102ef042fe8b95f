/** What of a day was recorded, for the strips: asked for the rows in sight, many cameras in one request. */
import { keepPreviousData, useQueries } from '@tanstack/react-query'
import { http } from '@/base/api/http'
import type { components } from '@/base/api/schema'
import { covered, type Span } from '@/base/spans'
import { DAY, MINUTE, isoText } from '@/base/time'

export interface Lost extends Span {
  cause: string
}

export interface Day extends Span {
  spans: Span[]
  gaps: Lost[]
  oldest: number | null
  newest: number | null
}

const BATCH = 40

export async function fetchDays(ids: readonly string[], range: Span, signal?: AbortSignal): Promise<Map<string, Day>> {
  const answer = await http.get<components['schemas']['TimelineOut']>('/api/v1/playback/timeline', { camera: ids, from: isoText(range.from), to: isoText(range.to) }, signal)
  const now = Math.min(range.to, Date.parse(answer.now))
  return new Map(
    answer.cameras.map((row) => [
      row.camera,
      {
        ...range,
        spans: row.spans.map((span) => ({ from: Date.parse(span.from), to: Date.parse(span.to) })),
        gaps: row.gaps.map((gap) => ({ from: Date.parse(gap.from), to: gap.to ? Date.parse(gap.to) : now, cause: gap.cause })),
        oldest: row.oldest ? Date.parse(row.oldest) : null,
        newest: row.newest ? Date.parse(row.newest) : null,
      },
    ]),
  )
}

/** Share of the planned time that is recorded, 0 to 1; null when nothing was planned. */
export function shareOf(day: Day | undefined): number | null {
  if (!day) return null
  const recorded = covered(day.spans, day)
  const lost = covered(day.gaps, day)
  return recorded + lost === 0 ? null : recorded / (recorded + lost)
}

/** What is said of a day: its share, that nothing was planned, or that nobody has told yet, which is neither. */
export function wordOf(day: Day | undefined): { share: number } | 'notRecorded' | 'notKnown' {
  if (!day) return 'notKnown'
  const share = shareOf(day)
  return share === null ? 'notRecorded' : { share }
}

/** A share as it is: 100 % only when nothing is missing. */
export function shareText(share: number): string {
  const percent = share * 100
  return share >= 1 ? '100' : (Math.floor(percent * 10) / 10).toFixed(percent >= 99.95 ? 1 : percent >= 10 ? 1 : 1)
}

export function useDays(ids: readonly string[], now: number): Map<string, Day> {
  const to = Math.ceil(now / MINUTE) * MINUTE
  const range = { from: to - DAY, to }
  const sorted = [...ids].sort()
  const batches: string[][] = []
  for (let at = 0; at < sorted.length; at += BATCH) batches.push(sorted.slice(at, at + BATCH))
  const results = useQueries({
    queries: batches.map((batch) => ({
      queryKey: ['days', to, batch],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchDays(batch, range, signal),
      placeholderData: keepPreviousData,
      staleTime: MINUTE,
    })),
  })
  return new Map(results.flatMap((result) => [...(result.data ?? new Map<string, Day>())]))
}
