/** The server's time: what is recorded is stamped by its clock, not by this machine's. */
let ahead = 0
let known = false

/** An answer that took longer says little of when the server wrote it: a laptop may have slept meanwhile. */
const SLOW_MS = 2000
/** A `Date` header counts whole seconds, rounded down. */
const HALF_A_SECOND_MS = 500

/** To be called with each answer that carries the server's time. */
export function heardServerTime(now: number, asked: number, answered: number): void {
  if (!Number.isFinite(now) || (known && answered - asked > SLOW_MS)) return
  const offset = now - (asked + answered) / 2
  // The first answer sets it; later ones move it gently, so that a slow answer does not make clocks jump.
  ahead = known && Math.abs(offset - ahead) < 2000 ? ahead + (offset - ahead) * 0.2 : offset
  known = true
}

/** The `Date` of any answer, until one says the time exactly: pages ask for the present before that. */
export function guessServerTime(date: string | null, asked: number, answered: number): void {
  const now = Date.parse(date ?? '')
  if (!known && Number.isFinite(now)) ahead = now + HALF_A_SECOND_MS - (asked + answered) / 2
}

export function serverNow(): number {
  return Date.now() + ahead
}
