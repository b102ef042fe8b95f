/** Days and times of records: always whole, so that two of them compare at a glance. By the site's clock. */
import { clockText, dateText, momentOf } from '@/base/time'

/** 2026-11-26 14:03:09 */
export function stamp(iso: string): string {
  const at = Date.parse(iso)
  return `${dateText(at)} ${clockText(at)}`
}

/** 2026-11-26 14:03 */
export function shortStamp(iso: string): string {
  return stamp(iso).slice(0, -3)
}

/** What a field for date and time holds, as a moment by the site's clock; null when nothing is typed. */
export function momentOfField(text: string): number | null {
  const read = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?/.exec(text)
  if (!read) return null
  const [year, month, day, hour, minute, second] = read.slice(1).map((part) => Number(part || 0))
  return momentOf({ year: year ?? 0, month: month ?? 1, day: day ?? 1, hour: hour ?? 0, minute: minute ?? 0, second: second ?? 0 })
}

/** As it stands in a field in which it is typed: seconds only where they say something. */
export function momentText(at: number): string {
  return `${dateText(at)} ${clockText(at).replace(/:00$/, '')}`
}

export function fieldOfMoment(at: number): string {
  return `${dateText(at)}T${clockText(at).slice(0, 5)}`
}
