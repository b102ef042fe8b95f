import { afterEach, expect, it, vi } from 'vitest'
import { toggleFull } from './full'

const whole = document.documentElement
let full: Element | null = null

Object.defineProperty(document, 'fullscreenElement', { get: () => full, configurable: true })
const change = (to: Element | null) => () => {
  full = to
  document.dispatchEvent(new Event('fullscreenchange'))
  return Promise.resolve()
}
document.exitFullscreen = vi.fn(change(null))

afterEach(() => {
  void change(null)()
  document.body.innerHTML = ''
})

it('takes the whole page into full screen, so that what lies over the tile is seen there, and marks what covers it', () => {
  whole.requestFullscreen = vi.fn(change(whole))
  const tile = document.body.appendChild(document.createElement('article'))
  toggleFull(tile)
  expect(full).toBe(whole)
  expect([whole, tile].map((one) => one.hasAttribute('data-full'))).toEqual([true, true])
  toggleFull(tile)
  expect(full).toBeNull()
  expect(document.querySelectorAll('[data-full]')).toHaveLength(0)
})

it('leaves nothing marked where the browser refuses', async () => {
  whole.requestFullscreen = vi.fn(() => Promise.reject(new TypeError('refused')))
  toggleFull(document.body.appendChild(document.createElement('article')))
  await Promise.resolve()
  await Promise.resolve()
  expect(document.querySelectorAll('[data-full]')).toHaveLength(0)
})
