/**
 * What the server tells by itself, over one socket for the whole page. It speaks every half second; when it does
 * not, nothing on the screen is known to be true any more, and `connection` says so.
 */
import { connection } from './connection'
import { waitBefore } from './retry'

export interface ServerEvent {
  /** `RESYNC` also after every new connection: whatever was said meanwhile is lost, so everything is read anew. */
  type: string
  data: Readonly<Record<string, unknown>>
}

export type Listener = (event: ServerEvent) => void

const LOOK_MS = 200
/** The server says something every half second: what is shown is never older than 2 s without a word about it. */
const SILENT_MS = 1800
/** A page that was itself held up has not yet read what lies in its socket. */
const HELD_UP_MS = 400
const FIRST_PATIENCE_MS = 8000

export interface EventsOptions {
  dial?: (url: string) => WebSocket
  now?: () => number
  chance?: () => number
}

export class Events {
  /** False while the server itself hears nothing of its recorders: states must be asked for. */
  hears = true
  private readonly listeners = new Set<Listener>()
  private socket: WebSocket | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private tries = 0
  private silentAfter = 0
  private lookedAt = 0
  private readonly dial: (url: string) => WebSocket
  private readonly now: () => number
  private readonly chance: () => number

  constructor({ dial, now, chance }: EventsOptions = {}) {
    this.dial = dial ?? ((url) => new WebSocket(url))
    this.now = now ?? (() => performance.now())
    this.chance = chance ?? Math.random
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Connects, and stays connected until the answer is called. */
  start(): () => void {
    this.silentAfter = this.now() + FIRST_PATIENCE_MS
    this.lookedAt = this.now()
    this.watch = setInterval(() => this.look(), LOOK_MS)
    this.open()
    return () => {
      clearInterval(this.watch)
      clearTimeout(this.retry)
      this.hangUp()
    }
  }

  private open(): void {
    const { protocol, host } = window.location
    const socket = this.dial(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws/events`)
    this.socket = socket
    socket.onopen = () => {
      if (this.tries > 0) this.tell({ type: 'RESYNC', data: {} })
    }
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.heard(String(data))
    socket.onclose = () => {
      if (this.socket === socket) this.again()
    }
  }

  private heard(text: string): void {
    this.tries = 0
    this.silentAfter = this.now() + SILENT_MS
    connection.socketSpoke()
    const { type, data = {} } = JSON.parse(text) as { type: string; data?: Record<string, unknown> }
    if (type === 'ALIVE') this.hears = data.hears !== false
    this.tell({ type, data })
  }

  private tell(event: ServerEvent): void {
    for (const listener of [...this.listeners]) listener(event)
  }

  private look(): void {
    const now = this.now()
    const heldUp = now - this.lookedAt > LOOK_MS + HELD_UP_MS
    this.lookedAt = now
    if (heldUp) this.silentAfter = Math.max(this.silentAfter, now + HELD_UP_MS)
    if (now < this.silentAfter) return
    connection.socketSilent()
    // A dead connection says nothing of its death for minutes: a new one is tried.
    if (this.socket) {
      this.hangUp()
      this.again()
    }
  }

  private hangUp(): void {
    const { socket } = this
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private again(): void {
    this.socket = null
    this.tries += 1
    clearTimeout(this.retry)
    this.retry = setTimeout(() => {
      this.silentAfter = Math.max(this.silentAfter, this.now() + SILENT_MS)
      this.open()
    }, waitBefore(this.tries, this.chance()))
  }
}

export const events = new Events()
