import { afterEach, describe, expect, it, vi } from 'vitest'
import { connection } from '../connection'
import { http, Problem, withQuery } from './http'

const answer = (status: number, body: unknown) => vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status }))))

afterEach(() => {
  vi.unstubAllGlobals()
  connection.heard()
})

describe('calls', () => {
  it('repeat a parameter for each value and leave out what is not given', () => {
    expect(withQuery('/x', { camera: ['a', 'b'], from: 'now', state: null })).toBe('/x?camera=a&camera=b&from=now')
  })

  it('turn problem+json into a Problem with the server\'s code and words', async () => {
    answer(409, { code: 'camera_changed', title: 'Changed', detail: 'Somebody was faster.' })
    const fault = await http.get('/x').catch((caught: unknown) => caught)
    expect(fault).toBeInstanceOf(Problem)
    expect(fault).toMatchObject({ status: 409, code: 'camera_changed', message: 'Somebody was faster.', away: false })
  })

  it('say that the server is away after two misses and that it is back after one answer', async () => {
    answer(502, {})
    await http.get('/x').catch(() => null)
    expect(connection.get().lost).toBe(false)
    await http.get('/x').catch(() => null)
    expect(connection.get().lost).toBe(true)
    answer(200, {})
    await http.get('/x')
    expect(connection.get().lost).toBe(false)
  })

  it('of one service say nothing of another', async () => {
    answer(503, {})
    await http.get('/api/v1/cameras', { limit: 500 }).catch(() => null)
    await http.get('/api/v1/cameras', { limit: 500 }).catch(() => null)
    expect(connection.doubts).toEqual(['/api/v1/system', '/api/v1/cameras?limit=500'])
    answer(200, {})
    await http.get('/api/v1/system')
    expect(connection.get().lost).toBe(true)
    await http.get('/api/v1/cameras/agencies')
    expect(connection.get().lost).toBe(false)
    expect(connection.doubtful).toBe(false)
  })

  it('that nobody answers are forgotten with any answer', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('network'))))
    await http.get('/api/v1/cameras').catch(() => null)
    await http.post('/api/v1/playback/grants', {}).catch(() => null)
    expect(connection.get().lost).toBe(true)
    answer(200, {})
    await http.get('/api/v1/system')
    expect(connection.get().lost).toBe(false)
  })
})
