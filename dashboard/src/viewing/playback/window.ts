/**
 * Which stretch a player loads around its play head. A playlist of an hour or two is cheap to read and long
 * enough to watch; near the present it is short and grows, because a growing playlist is read again and again.
 */
import type { Span } from '@/base/spans'
import { HOUR, MINUTE } from '@/base/time'

export interface Window extends Span {
  /** Ends ahead of now: its playlist grows. */
  growing: boolean
}

/** Closed windows lie on half hours, so that players, caches and colleagues ask for the same ones. */
const STEP = HOUR / 2
const BACK = HOUR / 2
const LENGTH = 2 * HOUR
/** The last minutes may still be in the open segment: only a growing window has them. */
const SETTLED = 3 * MINUTE
const GROWING_BACK = 8 * MINUTE
const GROWING_AHEAD = HOUR
/** A play head closer than this to a closed window's end takes the next one. */
export const MARGIN = 20 * 1000

export function chooseWindow(head: number, now: number): Window {
  const settled = now - SETTLED
  if (head >= settled - MINUTE) {
    return { from: Math.floor((head - GROWING_BACK) / MINUTE) * MINUTE, to: Math.ceil((now + GROWING_AHEAD) / MINUTE) * MINUTE, growing: true }
  }
  const from = Math.floor((head - BACK) / STEP) * STEP
  const to = Math.min(from + LENGTH, Math.floor(settled / MINUTE) * MINUTE)
  return { from, to, growing: false }
}

/** Whether the loaded window still serves a head at this moment. */
export function serves(window: Window, head: number): boolean {
  if (head < window.from) return false
  return window.growing ? head < window.to : head < window.to - MARGIN
}
