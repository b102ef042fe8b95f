import { expect, it, vi } from 'vitest'
import { guessServerTime, heardServerTime, serverNow } from './server_clock'

it('the server clock is guessed until it is told, and a slow answer does not move it', () => {
  vi.useFakeTimers()
  const t = Date.now()
  guessServerTime(new Date(t + 60_000).toUTCString(), t, t)
  expect(Math.abs(serverNow() - t - 60_000)).toBeLessThanOrEqual(1000)
  heardServerTime(t + 60_250, t, t)
  expect(serverNow()).toBe(t + 60_250)
  guessServerTime(new Date(t).toUTCString(), t, t)
  heardServerTime(t + 60_000, t, t + 3_600_000)
  expect(serverNow()).toBe(t + 60_250)
  vi.useRealTimers()
})
