/** A decoder that breaks again and again, and a way that is too slow: a screen before fakes of browser and service. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LiveScreen } from './screen'

class FakeVideo {
  onerror: (() => void) | null = null
  onwaiting: (() => void) | null = null
  error = { message: 'decoder gone' }
  buffered = { length: 0 }
  currentTime = 0
  src = ''
  private frames: ((now: number, frame: { mediaTime: number }) => void)[] = []
  requestVideoFrameCallback = (told: (now: number, frame: { mediaTime: number }) => void) => this.frames.push(told)
  cancelVideoFrameCallback = () => void (this.frames = [])
  draw(): void {
    for (const told of this.frames.splice(0)) told(performance.now(), { mediaTime: 1 })
  }
  pause = () => undefined
  load = () => undefined
  removeAttribute = () => undefined
}

class FakeSource {
  static isTypeSupported = () => true
  readyState = 'closed'
}

class FakeSocket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false
  constructor(readonly url: string) {}
  close = () => void (this.closed = true)
  say = (message: object) => this.onmessage?.({ data: JSON.stringify(message) })
}

let sockets: FakeSocket[] = []
let videos: [FakeVideo, FakeVideo]
let screen: LiveScreen
const REBUILT_MS = 700

function open(hasSub: boolean): void {
  screen = new LiveScreen('c1', videos as never, {
    MediaSource: FakeSource as never,
    dial: (url) => {
      sockets.push(new FakeSocket(url))
      return sockets.at(-1) as never
    },
  })
  screen.want({ widthPx: 1900, hasSub, inSight: true })
}

/** The newest stream says how it is coded; its init segment follows. */
function begins(): void {
  const socket = sockets.at(-1)
  const sub = socket?.url.endsWith('sub')
  socket?.say({ type: 'codec', mime: 'video/mp4; codecs="avc1.4D401F"', codec: 'avc1.4D401F', width: sub ? 640 : 1920, height: sub ? 360 : 1080, b_frames: false, stream: sub ? 'sub' : 'main' })
  socket?.onmessage?.({ data: new ArrayBuffer(8) })
}

/** What plays or is prepared: a stopped one has let go of its element. */
function breaks(): void {
  for (const video of videos) video.onerror?.()
}

const streams = () => sockets.map(({ url }) => url.split('stream=')[1])

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('requestAnimationFrame', (then: () => void) => then())
  URL.createObjectURL = () => 'blob:'
  URL.revokeObjectURL = () => undefined
  sockets = []
  videos = [new FakeVideo(), new FakeVideo()]
})
afterEach(() => {
  screen.end()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

it('a stream that breaks three times without a frame is left for the sub stream, and asked for again a minute later', () => {
  open(true)
  for (let n = 0; n < 3; n += 1) {
    begins()
    breaks()
    vi.advanceTimersByTime(REBUILT_MS)
  }
  expect(streams()).toEqual(['main', 'main', 'main', 'sub'])
  expect(screen.view.get()).toMatchObject({ unplayable: 'avc1.4D401F', dark: false })
  begins()
  videos.forEach((video) => video.draw())
  expect(screen.view.get()).toMatchObject({ hasPicture: true, stream: 'sub' })
  vi.advanceTimersByTime(60_000)
  expect(streams().slice(4)).toContain('main')
})

it('without a sub stream nothing is fetched for a minute, also where a picture was before', () => {
  open(false)
  begins()
  videos.forEach((video) => video.draw())
  expect(screen.view.get().hasPicture).toBe(true)
  for (let n = 0; n < 3; n += 1) {
    breaks()
    vi.advanceTimersByTime(REBUILT_MS)
    begins()
  }
  expect(screen.view.get()).toMatchObject({ dark: true, unplayable: 'avc1.4D401F' })
  expect(sockets.every((socket) => socket.closed)).toBe(true)
  const before = sockets.length
  vi.advanceTimersByTime(50_000)
  expect(sockets).toHaveLength(before)
  vi.advanceTimersByTime(15_000)
  expect(sockets).toHaveLength(before + 1)
})

it('a stream of which frames are drawn in between is built anew as often as it breaks', () => {
  open(true)
  for (let n = 0; n < 6; n += 1) {
    begins()
    videos.forEach((video) => video.draw())
    breaks()
    vi.advanceTimersByTime(REBUILT_MS)
  }
  expect(new Set(streams())).toEqual(new Set(['main']))
  expect(screen.view.get().unplayable).toBeNull()
})

it('what breaks before the camera was heard says nothing against its pictures', () => {
  open(true)
  for (let n = 0; n < 6; n += 1) {
    breaks()
    vi.advanceTimersByTime(REBUILT_MS)
  }
  expect(new Set(streams())).toEqual(new Set(['main']))
})

it('that frames were left out is known for some seconds', () => {
  open(false)
  begins()
  videos.forEach((video) => video.draw())
  expect(screen.slow).toBe(false)
  sockets[0]?.say({ type: 'skip', frames: 12 })
  expect(screen.slow).toBe(true)
  vi.advanceTimersByTime(9000)
  expect(screen.slow).toBe(false)
})
