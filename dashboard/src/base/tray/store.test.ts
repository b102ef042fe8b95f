import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { dismiss, hold, messages, takeAction, tell, working } from './store'

const words = () => messages.get().map((message) => message.words).join('')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  hold(false)
  for (const { id } of messages.get()) dismiss(id)
  vi.useRealTimers()
})

it('a way back and work that goes on make no room for later messages', () => {
  const act = vi.fn()
  tell('u', { action: { label: 'Undo', act } })
  const work = working('w')
  for (const letter of 'abcdef') tell(letter)
  expect(words()).toBe('uwdef')
  takeAction()
  expect(act).toHaveBeenCalledOnce()
  expect(words()).toBe('wdef')
  takeAction()
  work.end()
  expect(words()).toBe('def')
})

it('go by themselves, and not while somebody is about to use one', () => {
  tell('a', { forMs: 1000 })
  vi.advanceTimersByTime(900)
  hold(true)
  tell('b', { forMs: 1000 })
  vi.advanceTimersByTime(60_000)
  expect(words()).toBe('ab')
  hold(false)
  vi.advanceTimersByTime(99)
  expect(words()).toBe('ab')
  vi.advanceTimersByTime(1)
  expect(words()).toBe('b')
})
