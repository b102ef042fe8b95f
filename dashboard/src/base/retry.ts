/** Waits between tries: growing, and with some chance, so that a thousand viewers of a restarted server do not knock at once. */
const FIRST_MS = 400
const MOST_MS = 5000

/** How long to wait before try number `n` (from 1), `chance` in 0..1: half of it is fixed, half is chance. */
export function waitBefore(n: number, chance: number): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** (n - 1))
  return whole * (0.5 + 0.5 * chance)
}
