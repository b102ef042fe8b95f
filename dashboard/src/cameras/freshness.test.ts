import { expect, it, vi } from 'vitest'
import { listAnswered, listIsOld } from './freshness'

it('states are old when the list is not answered for longer than its slow pace', () => {
  vi.useFakeTimers()
  listAnswered()
  vi.advanceTimersByTime(11_000)
  expect(listIsOld()).toBe(false)
  listAnswered()
  vi.advanceTimersByTime(11_000)
  expect(listIsOld()).toBe(false)
  vi.advanceTimersByTime(4000)
  expect(listIsOld()).toBe(true)
  listAnswered()
  expect(listIsOld()).toBe(false)
  vi.useRealTimers()
})
