/** How a video is brought onto the master's clock: by a slightly different speed, or by a jump when far off. */
export type Correction = { kind: 'rate'; rate: number } | { kind: 'jump' }

/** Below this nobody sees a difference (half a frame at 25 per second). */
const GOOD_ENOUGH_S = 0.02
/** How much faster or slower a video may run to catch up. */
const MOST = 0.25

/** `error` is how far the video is ahead of the master, in seconds of media; `rate` is the master's speed. */
export function correct(error: number, rate: number): Correction {
  const jumpAt = Math.max(1, 0.5 * rate)
  if (Math.abs(error) > jumpAt) return { kind: 'jump' }
  if (Math.abs(error) <= GOOD_ENOUGH_S * Math.max(1, rate)) return { kind: 'rate', rate }
  const factor = Math.max(-MOST, Math.min(MOST, -error / Math.max(1, rate)))
  // Chromium refuses more than 16.
  return { kind: 'rate', rate: Math.min(16, Math.round(rate * (1 + factor) * 200) / 200) }
}
