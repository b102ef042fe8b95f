import { afterEach, expect, it, vi } from 'vitest'
import { askStill, fetchStill } from './still'

const answer = (status: number, body: unknown = {}) => vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'x-frame-time': '2026-11-23T10:00:00Z' } }))))
const { signal } = new AbortController()

afterEach(() => vi.unstubAllGlobals())

it('a still has the time of its frame, there may be none, and a refusal is not taken for none', async () => {
  answer(200)
  expect((await askStill('c', 0, 100, signal))?.moment).toBe(Date.parse('2026-11-23T10:00:00Z'))
  answer(404)
  expect(await askStill('c', 0, 100, signal)).toBeNull()
  answer(422, { code: 'purpose_needed' })
  await expect(askStill('c', 0, 100, signal)).rejects.toMatchObject({ code: 'purpose_needed' })
  expect(await fetchStill('c', 0, 100, signal)).toBeNull()
})
