import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connection, ConnectionWatch } from './connection'
import { Events, type ServerEvent } from './events'

class Line {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false

  close(): void {
    this.closed = true
  }

  say(type: string, data: Record<string, unknown> = {}): void {
    this.onmessage?.({ data: JSON.stringify({ type, data }) })
  }
}

function started() {
  const lines: Line[] = []
  const heard: ServerEvent[] = []
  const events = new Events({
    now: () => Date.now(), chance: () => 0,
    dial: () => {
      const line = new Line()
      lines.push(line)
      return line as unknown as WebSocket
    },
  })
  events.subscribe((event) => heard.push(event))
  const end = events.start()
  const newest = () => {
    const line = lines.at(-1)
    if (!line) throw new Error('nobody dialled')
    return line
  }
  return { events, lines, heard, newest, end }
}

describe('what the server tells', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => {
    connection.socketSpoke()
    vi.useRealTimers()
  })

  it('is handed on, and its silence is a lost connection until it speaks again', () => {
    const { heard, lines, newest, end } = started()
    newest().onopen?.()
    newest().say('CAMERA_STATUS', { camera: 'a', state: 'online' })
    expect(heard).toEqual([{ type: 'CAMERA_STATUS', data: { camera: 'a', state: 'online' } }])
    vi.advanceTimersByTime(1600)
    expect(connection.get().lost).toBe(false)
    vi.advanceTimersByTime(400)
    expect(connection.get().lost).toBe(true)
    expect(lines[0]?.closed).toBe(true)
    vi.advanceTimersByTime(500)
    newest().onopen?.()
    newest().say('ALIVE', { hears: true })
    expect(connection.get().lost).toBe(false)
    expect(heard.map((event) => event.type)).toEqual(['CAMERA_STATUS', 'RESYNC', 'ALIVE'])
    end()
    expect(newest().closed).toBe(true)
  })

  it('is not taken for silence when the page itself was held up', () => {
    const { newest, end } = started()
    newest().say('ALIVE')
    vi.setSystemTime(Date.now() + 5000)
    vi.advanceTimersByTime(200)
    expect(connection.get().lost).toBe(false)
    newest().say('ALIVE')
    vi.advanceTimersByTime(1000)
    expect(connection.get().lost).toBe(false)
    end()
  })

  it('is dialled again after an end, and everything is read anew', () => {
    const { heard, lines, newest, end } = started()
    newest().onopen?.()
    newest().say('ALIVE')
    newest().onclose?.()
    vi.advanceTimersByTime(400)
    expect(lines).toHaveLength(2)
    newest().onopen?.()
    expect(heard.at(-1)?.type).toBe('RESYNC')
    end()
  })

  it('may be that it hears nothing itself', () => {
    const { events, newest, end } = started()
    newest().say('ALIVE', { hears: false })
    expect(events.hears).toBe(false)
    newest().say('ALIVE', { hears: true })
    expect(events.hears).toBe(true)
    end()
  })
})

describe('a connection', () => {
  it('is lost by two misses or by silence, and back when both are well', () => {
    const watch = new ConnectionWatch({ lost: false, heardAt: 0 })
    watch.missed('/api/v1/cameras')
    expect(watch.get().lost).toBe(false)
    expect(watch.doubtful).toBe(true)
    watch.missed('/api/v1/cameras?limit=500')
    expect(watch.get().lost).toBe(true)
    watch.socketSilent()
    watch.heard('/api/v1/cameras')
    expect(watch.get().lost).toBe(true)
    watch.socketSpoke()
    expect(watch.get().lost).toBe(false)
    expect(watch.doubtful).toBe(false)
  })
})
