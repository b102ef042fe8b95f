/**
 * Wall clocks in the site's zone. Moments are milliseconds since the epoch; a zone enters only where a person
 * reads or types. Nothing here knows the browser's own zone: two operators in two countries see the same clock.
 */
import i18next from 'i18next'
import { site } from './site'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  weekday: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

/** Offset of a zone at a moment in milliseconds (local = UTC + offset). */
const offsets = new Map<string, number>()

export function zoneOffset(at: number, zone = site.timeZone): number {
  // Offsets change on quarter hours at most: one Intl call for each of them, then arithmetic.
  const quarter = Math.floor(at / (15 * MINUTE))
  const key = `${zone}|${quarter}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const whole = quarter * 15 * MINUTE
  const read: Record<string, number> = {}
  for (const part of formatOf(zone).formatToParts(whole)) read[part.type] = Number(part.value)
  const local = Date.UTC(read.year ?? 0, (read.month ?? 1) - 1, read.day ?? 1, read.hour ?? 0, read.minute ?? 0, read.second ?? 0)
  const offset = local - whole
  if (offsets.size > 5000) offsets.clear()
  offsets.set(key, offset)
  return offset
}

export function partsOf(at: number, zone = site.timeZone): Parts {
  const local = new Date(at + zoneOffset(at, zone))
  return {
    year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate(),
    hour: local.getUTCHours(), minute: local.getUTCMinutes(), second: local.getUTCSeconds(), weekday: local.getUTCDay(),
  }
}

/** The moment at which the zone's clock shows these parts; in the hour that occurs twice, the earlier one. */
export function momentOf(parts: Omit<Parts, 'weekday'>, zone = site.timeZone): number {
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second)
  const guess = local - zoneOffset(local, zone)
  return local - zoneOffset(guess, zone)
}

/** Midnight of the site's day in which the moment lies. */
export function dayStart(at: number, zone = site.timeZone): number {
  return momentOf({ ...partsOf(at, zone), hour: 0, minute: 0, second: 0 }, zone)
}

const two = (value: number) => String(value).padStart(2, '0')

/** 14:03:09, or 14:03:09.120 when the picture stands still and a frame matters. */
export function clockText(at: number, millis = false, zone = site.timeZone): string {
  const { hour, minute, second } = partsOf(at, zone)
  const rest = millis ? `.${String(Math.floor(((at % SECOND) + SECOND) % SECOND)).padStart(3, '0')}` : ''
  return `${two(hour)}:${two(minute)}:${two(second)}${rest}`
}

/** 2026-11-23, by which files are named and days are typed. */
export function dateText(at: number, zone = site.timeZone): string {
  const { year, month, day } = partsOf(at, zone)
  return `${year}-${two(month)}-${two(day)}`
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

/** Mon 23 Nov, in the reader's language. */
export function dayText(at: number, language: string, zone = site.timeZone): string {
  const key = `${language}|${zone}`
  let format = dayFormats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short' })
    dayFormats.set(key, format)
  }
  return format.format(at).replace(',', '')
}

export function isoText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

const UNITS = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']] as const

/** The two largest units, as a person would say it: 45 s, 3 min 20 s, 2 h 5 min, 4 d 3 h; in the reader's language. */
export function durationText(ms: number): string {
  const say = (count: number, unit: (typeof UNITS)[number][1]) => i18next.t(`duration.${unit}`, { ns: 'app', count })
  const seconds = Math.max(0, Math.round(ms / SECOND))
  const first = UNITS.findIndex(([size]) => seconds >= size)
  const [size, unit] = UNITS[first] ?? [1, 's']
  const [nextSize, nextUnit] = UNITS[first + 1] ?? [1, 's']
  const rest = size === 1 ? 0 : Math.floor((seconds % size) / nextSize)
  const head = say(Math.floor(seconds / size), unit)
  return rest ? `${head} ${say(rest, nextUnit)}` : head
}
