/** Speeds that the decoder plays, and those that only key frames can show. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256] as const
export const BACKWARD = [-1, -2, -4, -8, -16, -32, -64, -128, -256] as const

/** Beyond this, and backward, a player shows key frames one after another. */
export const FASTEST_DECODED = 16

export function byKeyFrames(rate: number): boolean {
  return rate < 0 || rate > FASTEST_DECODED
}

export function faster(rate: number): number {
  if (rate < 0) return 1
  return SPEEDS.find((one) => one > rate) ?? 256
}

export function slower(rate: number): number {
  if (rate < 0) return 1
  return [...SPEEDS].reverse().find((one) => one < rate) ?? 0.25
}

/** J pressed again: backward, each time twice as fast. */
export function backward(rate: number): number {
  if (rate > 0) return -1
  return BACKWARD.find((one) => one < rate) ?? -256
}

/** L pressed: normal speed first, then twice as fast each time. */
export function forward(rate: number, playing: boolean): number {
  return rate > 0 && playing ? faster(Math.max(rate, 1)) : 1
}

export function speedText(rate: number): string {
  const size = Math.abs(rate)
  const text = size === 0.25 ? '¼' : size === 0.5 ? '½' : String(size)
  return `${rate < 0 ? '−' : ''}${text}×`
}
