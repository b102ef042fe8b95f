/** Days of a month as a calendar shows them. Days are days of the site's clock, whatever the browser's zone is. */
import type { Span } from '@/base/spans'
import { momentOf } from '@/base/time'

export interface Month {
  year: number
  /** From 1. */
  month: number
}

export const DAYS_A_WEEK = 7

export function monthAfter({ year, month }: Month, by: number): Month {
  const all = year * 12 + month - 1 + by
  return { year: Math.floor(all / 12), month: (all % 12) + 1 }
}

export function daysIn({ year, month }: Month): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Empty places before the first day when weeks begin on Monday. */
export function placesBefore({ year, month }: Month): number {
  return (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % DAYS_A_WEEK
}

/** From the day's midnight to the next one's. */
export function daySpan({ year, month }: Month, day: number): Span {
  const clock = { hour: 0, minute: 0, second: 0 }
  const last = day === daysIn({ year, month })
  return { from: momentOf({ year, month, day, ...clock }), to: last ? momentOf({ ...monthAfter({ year, month }, 1), day: 1, ...clock }) : momentOf({ year, month, day: day + 1, ...clock }) }
}

export function monthSpan(month: Month): Span {
  return { from: daySpan(month, 1).from, to: daySpan(month, daysIn(month)).to }
}

/** Days of the month of which some camera has footage. */
export function recordedDays(month: Month, spans: readonly Span[]): Set<number> {
  const days = Array.from({ length: daysIn(month) }, (_, index) => index + 1)
  return new Set(days.filter((day) => {
    const { from, to } = daySpan(month, day)
    return spans.some((span) => span.from < to && span.to > from)
  }))
}
