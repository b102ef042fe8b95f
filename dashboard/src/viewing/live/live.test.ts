/** Rules of the live page without a browser: latency, queue, socket, layouts, address. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { liveAddress, pagesOf, readLivePlace } from './address'
import { readFragments } from './fragments'
import { LAYOUTS, layoutFor, neighbour, theLayout } from './layouts'
import { Pending } from './pending'
import { LatencyServo } from './servo'
import { firstFree, put, takeOut } from './slots'
import { isRecorded, shownStatus, troubleBeside } from './said'
import { standing } from './State'
import { chooseStream } from './stream_choice'
import { Ties } from './ties'
import { waitBefore } from '@/base/retry'
import { LiveWire, liveUrl, type WireMessage } from './wire'

/** `moof` with one `traf`, as the service writes it: default flags say "no key frame", the first sample's may say more. */
function fragment(ticks: number, key: boolean, track = 1, payload = 8): ArrayBuffer {
  const trun = key ? 28 : 24
  const traf = 8 + 20 + 20 + trun
  const moof = 8 + 16 + traf
  const view = new DataView(new ArrayBuffer(moof + 8 + payload))
  let at = 0
  const put32 = (...values: number[]) => values.forEach((value) => { view.setUint32(at, value); at += 4 })
  put32(moof, 0x6d6f6f66, 16, 0x6d666864, 0, 1, traf, 0x74726166, 20, 0x74666864, 0x020020, track, 0x01010000)
  put32(20, 0x74666474, 0x01000000, Math.floor(ticks / 2 ** 32), ticks % 2 ** 32)
  put32(trun, 0x7472756e, key ? 0x205 : 0x201, 1, moof + 8)
  if (key) put32(0x02000000)
  put32(payload)
  put32(8 + payload, 0x6d646174)
  return view.buffer
}

function joined(...parts: ArrayBuffer[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return whole.buffer
}

describe('fragments', () => {
  it('are read with their times and key frames, several in a message', () => {
    const message = joined(fragment(90_000, true), fragment(93_600, false), fragment(2 ** 33, false))
    expect(readFragments(message)).toEqual([{ time: 1, key: true }, { time: 1.04, key: false }, { time: 2 ** 33 / 90_000, key: false }])
  })
  it('of sound alone tell nothing of pictures', () => expect(readFragments(fragment(0, true, 2))).toEqual([]))
  it('that are torn are left out', () => expect(readFragments(fragment(0, true).slice(0, 50))).toEqual([]))
})

describe('the queue before the buffer', () => {
  const facts = (key: boolean) => [{ time: 0, key }]
  it('joins what waits into one append, and never across new parameters', () => {
    const queue = new Pending()
    queue.head('a', new ArrayBuffer(1))
    queue.media(new ArrayBuffer(10), facts(true))
    queue.media(new ArrayBuffer(20), facts(false))
    expect(queue.take()).toMatchObject({ kind: 'head', mime: 'a' })
    const media = queue.take()
    expect(media?.kind === 'media' && media.data.byteLength).toBe(30)
    expect(queue.take()).toBeNull()
    expect(queue.size).toBe(0)
  })
  it('never grows beyond its limit: it goes on at the latest key frame', () => {
    const queue = new Pending(100)
    for (let i = 0; i < 40; i += 1) {
      queue.media(new ArrayBuffer(10), facts(i % 8 === 0))
      expect(queue.size).toBeLessThanOrEqual(100)
    }
    const first = queue.take()
    expect(first?.kind === 'media' && first.facts[0]?.key).toBe(true)
    expect(queue.dropped).toBeGreaterThan(0)
  })
  it('keeps nothing of a GOP that alone is too large', () => {
    const queue = new Pending(50)
    for (let i = 0; i < 9; i += 1) queue.media(new ArrayBuffer(10), facts(i === 0))
    expect(queue.size).toBeLessThanOrEqual(50)
  })
})

describe('latency', () => {
  it('settles on its target from both sides, with nudges of a tenth at most', () => {
    for (const start of [0.05, 1.8]) {
      const servo = new LatencyServo()
      let gap = start
      for (let ms = 0; ms < 60_000; ms += 100) {
        const step = servo.step(gap, ms)
        if (step.kind === 'jump') throw new Error('no jump is needed')
        expect(step.rate).toBeGreaterThanOrEqual(0.9)
        expect(step.rate).toBeLessThanOrEqual(1.1)
        gap -= (step.rate - 1) * 0.1
      }
      expect(Math.abs(gap - servo.target)).toBeLessThanOrEqual(0.06)
    }
  })
  it('jumps when it is far behind', () => expect(new LatencyServo().step(2.5, 0)).toMatchObject({ kind: 'jump', behind: 0.22 }))
  it('keeps more in hand after running dry, and less again when all is calm', () => {
    const servo = new LatencyServo()
    const before = servo.target
    for (let i = 1; i < 5; i += 1) servo.dry(i * 2000)
    const after = servo.target
    expect(after).toBeGreaterThan(before + 0.2)
    for (let ms = 10_000; ms < 600_000; ms += 100) servo.step(after, ms)
    expect(servo.target).toBeCloseTo(before, 5)
  })
})

describe('the most that is kept in hand', () => {
  it('leaves the picture less than a second old, and is given back when all is calm', () => {
    const servo = new LatencyServo(true)
    for (let i = 1; i < 30; i += 1) servo.dry(i * 2000)
    expect(servo.target).toBe(0.8)
    for (let ms = 60_000; ms < 240_000; ms += 100) servo.step(servo.target, ms)
    expect(servo.target).toBeLessThan(0.8)
  })
})

describe('the moment of a picture', () => {
  it('is told by the tie before it, over a restart of the media time too', () => {
    const ties = new Ties()
    expect(ties.momentOf(1)).toBeNaN()
    ties.add(0, 1_000_000)
    ties.add(11, 2_000_000)
    expect(ties.momentOf(10)).toBe(1_010_000)
    expect(ties.momentOf(11.5)).toBe(2_000_500)
  })
})

class FakeSocket {
  static all: FakeSocket[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event?: { code: number; reason: string }) => void) | null = null
  binaryType = ''
  closed = false
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  close(): void {
    this.closed = true
  }
}

describe('the socket', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    FakeSocket.all = []
  })
  afterEach(() => vi.useRealTimers())

  const dialled = () => {
    const heard: (WireMessage | number | boolean)[] = []
    const wire = new LiveWire('ws://x', {
      message: (message) => heard.push(message), bytes: (bytes) => heard.push(bytes.byteLength), connected: (connected) => heard.push(connected),
    }, (url) => new FakeSocket(url) as unknown as WebSocket, () => 1)
    return { heard, wire }
  }

  it('comes back by itself, with growing waits that start anew after pictures', () => {
    const { heard } = dialled()
    FakeSocket.all[0]?.onclose?.()
    expect(heard).toEqual([false])
    vi.advanceTimersByTime(400)
    FakeSocket.all[1]?.onclose?.()
    vi.advanceTimersByTime(400)
    expect(FakeSocket.all).toHaveLength(2)
    vi.advanceTimersByTime(400)
    expect(FakeSocket.all).toHaveLength(3)
    FakeSocket.all[2]?.onmessage?.({ data: new ArrayBuffer(5) })
    FakeSocket.all[2]?.onclose?.()
    vi.advanceTimersByTime(400)
    expect(FakeSocket.all).toHaveLength(4)
  })
  it('waits five seconds at most, half of it by chance', () => {
    expect(waitBefore(20, 1)).toBe(5000)
    expect(waitBefore(20, 0)).toBe(2500)
    expect(waitBefore(1, 0)).toBe(200)
  })
  it('that says nothing for long is given up', () => {
    dialled()
    vi.advanceTimersByTime(21_000)
    expect(FakeSocket.all[0]?.closed).toBe(true)
    expect(FakeSocket.all.length).toBeGreaterThan(1)
  })
  it('says why the server ends it, and does not come back to one that is not open any more', () => {
    const refusals: unknown[] = []
    const silent = () => undefined
    new LiveWire('ws://x', { message: silent, bytes: silent, connected: (_, refusal) => refusals.push(refusal) }, (url) => new FakeSocket(url) as unknown as WebSocket, () => 1)
    FakeSocket.all[0]?.onclose?.({ code: 1013, reason: 'too_many_feeds' })
    vi.advanceTimersByTime(400)
    FakeSocket.all[1]?.onclose?.({ code: 1013, reason: 'too slow' })
    vi.advanceTimersByTime(800)
    FakeSocket.all[2]?.onclose?.({ code: 4403, reason: 'may_not' })
    vi.advanceTimersByTime(60_000)
    expect(refusals).toEqual(['too_many_feeds', undefined, 'may_not'])
    expect(FakeSocket.all).toHaveLength(3)
  })
  it('stays ended', () => {
    const { wire } = dialled()
    wire.end()
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all).toHaveLength(1)
  })
  it('goes to the page it came from', () => {
    expect(liveUrl('c1', 'sub', { protocol: 'https:', host: 'cctv:3000' })).toBe('wss://cctv:3000/ws/live/c1?stream=sub')
  })
})

describe('the stream of a tile', () => {
  const need = { hasSub: true, subWidthPx: 640, current: null, unplayable: [] } as const
  it('is the small one until its pixels would be seen, and does not flutter at the border', () => {
    expect(chooseStream({ ...need, widthPx: 500 })).toBe('sub')
    expect(chooseStream({ ...need, widthPx: 900 })).toBe('main')
    expect(chooseStream({ ...need, widthPx: 780, current: 'main' })).toBe('main')
    expect(chooseStream({ ...need, widthPx: 780, current: 'sub' })).toBe('sub')
  })
  it('is one that can be decoded, where there is one', () => {
    expect(chooseStream({ ...need, widthPx: 1900, unplayable: ['main'] })).toBe('sub')
    expect(chooseStream({ ...need, widthPx: 100, unplayable: ['sub'] })).toBe('main')
    expect(chooseStream({ ...need, widthPx: 100, hasSub: false })).toBe('main')
  })
})

describe('the word in the footer', () => {
  const status = { state: 'online', fresh: true, reason: '' } as never
  const well = { connected: true, refusal: null, said: null }
  it('is of the source that says why there is no picture', () => {
    expect(shownStatus(status, well)).toBe(status)
    expect(shownStatus(status, { ...well, said: { type: 'state', state: 'connecting' } })).toMatchObject({ state: 'connecting', fresh: true })
    expect(shownStatus(status, { ...well, connected: false })).toMatchObject({ state: 'online', fresh: false })
    expect(shownStatus({ ...(status as object), state: 'no_video' } as never, { ...well, said: { type: 'state', state: 'connecting' } })).toMatchObject({ state: 'no_video' })
  })
})

describe('the word beside LIVE', () => {
  const status = (state: string, fresh = true) => ({ state, fresh, reason: '' }) as never
  it('names a trouble that a moving picture does not show, as long as somebody vouches for it', () => {
    expect(troubleBeside(status('degraded'), false)).toMatchObject({ state: 'degraded' })
    expect(troubleBeside(status('connecting'), false)).toMatchObject({ state: 'connecting' })
    expect([status('online'), status('off'), status('degraded', false), undefined].map((one) => troubleBeside(one, false))).toEqual([null, null, null, null])
    expect(troubleBeside(status('degraded'), true)).toBeNull()
  })
  it('says that what is seen is not recorded; that it is has a red dot', () => {
    const lost = { ...(status('online') as object), cause: 'disk', stream: { recording: false } } as never
    const kept = { ...(status('online') as object), cause: null, stream: { recording: true } } as never
    expect(troubleBeside(lost, false)).toMatchObject({ cause: 'disk' })
    expect(troubleBeside(kept, false)).toBeNull()
    expect([isRecorded(kept, false), isRecorded(kept, true), isRecorded(lost, false), isRecorded(status('online'), false), isRecorded(undefined, false)]).toEqual([true, false, false, false, false])
  })
})

describe('layouts', () => {
  it('cover their grid once and only once', () => {
    for (const layout of LAYOUTS) {
      const covered = layout.cells.flatMap(({ column, row, columns, rows }) => Array.from({ length: columns * rows }, (_, i) => `${column + (i % columns)} ${row + Math.floor(i / columns)}`))
      expect(new Set(covered).size).toBe(covered.length)
      expect(covered.length).toBe(layout.columns * layout.rows)
    }
    expect(new Set(LAYOUTS.map((layout) => layout.key)).size).toBe(LAYOUTS.length)
  })
  it('have room for so many', () => expect([1, 2, 5, 10, 17, 30, 500].map((count) => layoutFor(count).id)).toEqual(['1', '4', '9', '16', '25', '36', '36']))
  it('are walked with arrows', () => {
    const four = theLayout('4')
    expect(neighbour(four, 0, 1, 0)).toBe(1)
    expect(neighbour(four, 0, 0, 1)).toBe(2)
    expect(neighbour(four, 1, 1, 0)).toBe(1)
    const focus = theLayout('1+5')
    expect(neighbour(focus, 0, 1, 0)).toBe(1)
    expect(neighbour(focus, 4, -1, 0)).toBe(3)
  })
})

describe('tiles', () => {
  it('change places when a camera moves to a taken one', () => expect(put(['a', 'b', 'c'], 'a', 2)).toEqual(['c', 'b', 'a']))
  it('take a new camera in place of the old one', () => expect(put(['a', 'b'], 'x', 0)).toEqual(['x', 'b']))
  it('leave their place free when taken out', () => {
    expect(takeOut(['a', 'b', 'c'], 'b')).toEqual(['a', null, 'c'])
    expect(takeOut(['a', 'b'], 'b')).toEqual(['a'])
    expect(firstFree(['a', null, 'c'], 0, 4)).toBe(1)
    expect(firstFree(['a', 'b'], 0, 2)).toBe(-1)
  })
})

describe('the address', () => {
  it('says cameras, layout and page, and says them back', () => {
    const place = { slots: ['a', null, 'c', 'd', 'e'], layout: theLayout('4'), page: 1 }
    const address = liveAddress(place)
    expect(address).toBe('/live?layout=4&cameras=a,,c,d,e&page=2')
    expect(readLivePlace(address.split('?')[1] ?? '')).toMatchObject({ ...place, chosen: true })
  })
  it('of a layout with a plus survives', () => {
    const address = liveAddress({ slots: [], layout: theLayout('1+5'), page: 0 })
    expect(readLivePlace(address.split('?')[1] ?? '').layout.id).toBe('1+5')
  })
  it('forgives what people write into it', () => {
    expect(readLivePlace('')).toMatchObject({ slots: [], chosen: false, page: 0 })
    expect(readLivePlace('cameras=a,a,b&layout=77&page=9')).toMatchObject({ slots: ['a', null, 'b'], page: 0 })
    expect(readLivePlace('cameras=a,b').layout.id).toBe('4')
    expect(pagesOf([], theLayout('4'))).toBe(1)
  })
})

describe('a picture that stands', () => {
  it('is marked after two seconds, with its age', () => {
    expect(standing(1000, 2600, 0)).toBe(0)
    expect(standing(1000, 2800, 0)).toBe(1000)
    expect(standing(1000, 3900, 0)).toBe(2000)
    expect(standing(Number.NaN, 9000, 0)).toBe(0)
  })
  it('is given a moment after the page came back into sight', () => expect(standing(1000, 60_000, 59_500)).toBe(0))
})
