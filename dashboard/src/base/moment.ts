/** Reads a moment as operators type it: 14:30, 143005, yesterday 9:00, 23/11 14:30, 2026-11-23 14:30:05, -10m, +8h, now. */
import { DAY, HOUR, MINUTE, SECOND, momentOf, partsOf } from './time'

const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }

/** Arabic and Persian digits as the Latin ones. */
function latin(text: string): string {
  return text.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15))
}

/** Where what lies `ahead` is asked for, a bare clock time is the next one, not the last. */
export function readMoment(text: string, now: number, ahead = false): number | null {
  const words = latin(text).trim().toLowerCase()
  if (!words) return null
  if (words === 'now') return now
  const off = /^([+-])\s*(\d+(?:\.\d+)?)\s*([smhd])[a-z]*$/.exec(words)
  if (off) return now + (off[1] === '-' ? -1 : 1) * Number(off[2]) * (UNITS[off[3] ?? 's'] ?? SECOND)
  const rest = readDay(words, now)
  if (!rest) return null
  const clock = readClock(rest.clock)
  if (!clock) return null
  const at = momentOf({ ...rest.day, ...clock })
  if (rest.named) return at
  if (ahead) return at > now ? at : at + DAY
  // A bare clock time later than now means the last time the clock showed it.
  return at <= now ? at : at - DAY
}

interface Day { year: number; month: number; day: number }

function readDay(words: string, now: number): { day: Day; clock: string; named: boolean } | null {
  const today = partsOf(now)
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]+(.*))?$/.exec(words)
  if (iso) return valid({ year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) }, iso[4] ?? '0:00')
  const slashed = /^(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?(?:\s+(.*))?$/.exec(words)
  if (slashed) {
    const year = slashed[3] ? Number(slashed[3]) : today.year
    return valid({ year, month: Number(slashed[2]), day: Number(slashed[1]) }, slashed[4] ?? '0:00')
  }
  const named = /^(today|yesterday)(?:\s+(.*))?$/.exec(words)
  if (named) {
    const day = partsOf(named[1] === 'today' ? now : now - DAY)
    return { day, clock: named[2] ?? '0:00', named: true }
  }
  return { day: today, clock: words, named: false }
}

function valid(day: Day, clock: string): { day: Day; clock: string; named: boolean } | null {
  const probe = new Date(Date.UTC(day.year, day.month - 1, day.day))
  const same = probe.getUTCMonth() === day.month - 1 && probe.getUTCDate() === day.day
  return same ? { day, clock, named: true } : null
}

function readClock(text: string): { hour: number; minute: number; second: number } | null {
  const spaced = /^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(am|pm)?$/.exec(text)
  const packed = /^(\d{2})(\d{2})(\d{2})?$/.exec(text)
  const match = packed ?? spaced
  if (!match) return null
  let hour = Number(match[1])
  const minute = Number(match[2] ?? 0)
  const second = Number(match[3] ?? 0)
  const half = packed ? undefined : spaced?.[4]
  if (half) {
    if (hour < 1 || hour > 12) return null
    hour = (hour % 12) + (half === 'pm' ? 12 : 0)
  }
  return hour < 24 && minute < 60 && second < 60 ? { hour, minute, second } : null
}
