/** One camera's live socket, which comes back by itself. */
import { waitBefore } from '@/base/retry'

export interface CodecMessage {
  type: 'codec'
  mime: string
  codec: string
  width: number
  height: number
  b_frames: boolean
  stream: StreamName
}

export interface StateMessage {
  type: 'state'
  state: string
  cause?: string
  words?: string
}

export interface ClockMessage {
  type: 'clock'
  media_s: number
  wall_ms: number
  server_ms: number
}

export interface SkipMessage {
  type: 'skip'
  frames: number
}

export type WireMessage = CodecMessage | StateMessage | ClockMessage | SkipMessage
export type StreamName = 'main' | 'sub'

/** What the server says against it: the right to it ended, or it shows as many cameras as it can. */
export type Refusal = 'may_not' | 'too_many_feeds'

export interface WireEvents {
  message: (message: WireMessage) => void
  bytes: (bytes: ArrayBuffer) => void
  /** The socket ended, or opened; an end is followed by another try, but not one for want of a right. */
  connected: (connected: boolean, refusal?: Refusal) => void
}

/** Close codes, as `viewing/live` of the server sends them. */
const RIGHT_ENDED = 4403
const TRY_AGAIN_LATER = 1013

function refusalIn({ code, reason }: Partial<Pick<CloseEvent, 'code' | 'reason'>> = {}): Refusal | undefined {
  if (code === RIGHT_ENDED) return 'may_not'
  return code === TRY_AGAIN_LATER && reason === 'too_many_feeds' ? reason : undefined
}

export type Dial = (url: string) => WebSocket

/** A socket that says nothing for so long is dead, whatever the browser believes of it. */
const SILENCE_MS = 20_000

export function liveUrl(camera: string, stream: StreamName, from: Pick<Location, 'protocol' | 'host'> = window.location): string {
  return `${from.protocol === 'https:' ? 'wss' : 'ws'}://${from.host}/ws/live/${camera}?stream=${stream}`
}

export class LiveWire {
  private socket: WebSocket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private tries = 0
  private ended = false

  constructor(
    private readonly url: string,
    private readonly events: WireEvents,
    private readonly dial: Dial = (to) => new WebSocket(to),
    private readonly chance: () => number = Math.random,
  ) {
    this.open()
  }

  private open(): void {
    const socket = this.dial(this.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onopen = () => this.events.connected(true)
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.heard()
      if (event.data instanceof ArrayBuffer) {
        this.tries = 0
        this.events.bytes(event.data)
      } else if (typeof event.data === 'string') this.events.message(JSON.parse(event.data) as WireMessage)
    }
    socket.onclose = (event?: CloseEvent) => {
      if (this.socket === socket) this.again(refusalIn(event))
    }
    this.heard()
  }

  private heard(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.drop(), SILENCE_MS)
  }

  /** Gives the socket up and tries anew. */
  private drop(): void {
    const { socket } = this
    if (!socket || this.ended) return
    this.socket = null
    socket.close()
    this.again()
  }

  private again(refusal?: Refusal): void {
    if (this.ended) return
    clearTimeout(this.silence)
    this.socket = null
    if (refusal) this.events.connected(false, refusal)
    else this.events.connected(false)
    if (refusal === 'may_not') return
    this.tries += 1
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.open(), waitBefore(this.tries, this.chance()))
  }

  end(): void {
    this.ended = true
    clearTimeout(this.timer)
    clearTimeout(this.silence)
    const { socket } = this
    this.socket = null
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    socket.onopen = null
    socket.close()
  }
}
