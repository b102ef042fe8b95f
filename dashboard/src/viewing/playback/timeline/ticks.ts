/** Marks of the ruler: round steps of the site's clock, so that 06:00 is 06:00 there and not in UTC. */
import { DAY, HOUR, MINUTE, SECOND, clockText, dayStart, dayText, partsOf, zoneOffset } from '@/base/time'
import type { View } from './view'

const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 7, 14].map((n) => n * DAY))

export interface Tick {
  at: number
  label: string
  /** Begins a day: drawn stronger, named by its date. */
  day: boolean
}

export interface Ruler {
  major: Tick[]
  /** Moments of the finer marks without labels. */
  minor: number[]
}

function stepFor(span: number, width: number, least: number): number {
  const room = (least / width) * span
  return STEPS.find((step) => step >= room) ?? 14 * DAY
}

function marks(view: View, step: number): number[] {
  const all: number[] = []
  const end = view.from + view.span
  if (step >= DAY) {
    const days = step / DAY
    // Noon is safe from clocks that are moved at night.
    let at = dayStart(view.from)
    while (at < end) {
      const index = Math.floor((at + zoneOffset(at)) / DAY)
      if (index % days === 0) all.push(at)
      at = dayStart(at + DAY + DAY / 2)
    }
    return all
  }
  const offset = zoneOffset(view.from)
  for (let at = Math.ceil((view.from + offset) / step) * step - offset; at < end; at += step) all.push(at)
  return all
}

export function ruler(view: View, width: number, language: string): Ruler {
  const step = stepFor(view.span, width, 84)
  const fine = STEPS[Math.max(0, STEPS.indexOf(step) - 2)] ?? step
  const major = marks(view, step).map((at): Tick => {
    const { hour, minute, second } = partsOf(at)
    const day = hour === 0 && minute === 0 && second === 0
    return { at, day, label: day ? dayText(at, language) : clockText(at).slice(0, step < MINUTE ? 8 : 5) }
  })
  const minor = fine < step && step % fine === 0 ? marks(view, fine) : []
  return { major, minor }
}
