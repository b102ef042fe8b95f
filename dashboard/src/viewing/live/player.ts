/**
 * One live stream in one video element, through Media Source Extensions.
 *
 * Each `codec` message begins a piece of its own on the player's line: cameras and recorders restart their media
 * time, sockets begin with the GOP at hand. Pieces are laid one after another with `timestampOffset`, and the
 * play head jumps over the seam, so that the picture stays until the next one is there.
 */
import { Store } from '@/base/store'
import { readFragments } from './fragments'
import { Pending, type Head, type Media } from './pending'
import { LatencyServo } from './servo'
import { mediaSourceClass, type AnyMediaSource } from './media_source'
import { Ties } from './ties'
import { LiveWire, liveUrl, type CodecMessage, type Dial, type Refusal, type StateMessage, type StreamName, type WireMessage } from './wire'

export type PlayerState =
  /** No picture has been here yet. */
  | { kind: 'opening' }
  | { kind: 'playing' }
  /** This browser has no decoder for it. */
  | { kind: 'unplayable'; codec: string }
  /** The browser gave the video up: a new player is needed. */
  | { kind: 'broken'; words: string }

export interface PlayerOptions {
  dial?: Dial
  MediaSource?: typeof MediaSource | null
}

const TICK_MS = 100
/** Behind the play head so much stays, for the decoder and for a step back. */
const KEEP_S = 4
const TRIM_AFTER_S = 8
/** Between two pieces: more than browsers take for one stretch. */
const SEAM_S = 1
const EDGE_S = 0.02

export class LivePlayer {
  readonly state = new Store<PlayerState>({ kind: 'opening' })
  /** How the camera is, as the live service said last. */
  readonly said = new Store<StateMessage | null>(null)
  readonly connected = new Store(true)
  /** Why the server does not show it, until it does. */
  readonly refusal = new Store<Refusal | null>(null)
  readonly codec = new Store<CodecMessage | null>(null)
  readonly ties = new Ties()
  readonly servo = new LatencyServo()
  /** When pictures came last over the wire, on the clock of performance.now(). */
  heardAt = Number.NaN
  /** When the service last left out frames because this viewer was too slow, on the same clock. */
  slowAt = Number.NaN
  private readonly wire: LiveWire
  private readonly source: AnyMediaSource | null
  private readonly Source: typeof MediaSource | null
  private readonly pending = new Pending()
  private readonly timer: ReturnType<typeof setInterval>
  private buffer: SourceBuffer | null = null
  private mime = ''
  /** A codec message came, its init segment did not yet. */
  private announced: CodecMessage | null = null
  /** Seconds from the feed's line to the player's; NaN until the piece's first fragment is here. */
  private offset = Number.NaN
  private early: { media_s: number; wall_ms: number } | null = null
  private keys: number[] = []
  private url = ''
  private ended = false
  private placed = false
  /** Where the newest piece begins on the player's line. */
  private laidAt = 0

  constructor(
    readonly camera: string,
    readonly stream: StreamName,
    private readonly video: HTMLVideoElement,
    { dial, MediaSource: given }: PlayerOptions = {},
  ) {
    this.Source = given === undefined ? mediaSourceClass() : given
    this.source = this.Source ? new this.Source() : null
    this.attach()
    this.wire = new LiveWire(
      liveUrl(camera, stream),
      {
        message: (message) => this.heard(message),
        bytes: (bytes) => this.received(bytes),
        connected: (connected, refusal) => {
          if (!connected) this.refusal.set(refusal ?? null)
          this.connected.set(connected)
        },
      },
      dial,
    )
    this.timer = setInterval(() => this.tick(), TICK_MS)
  }

  private attach(): void {
    const { source, video } = this
    if (!source) return
    video.disableRemotePlayback = true
    source.onsourceopen = () => this.next()
    source.onsourceclose = () => this.break('closed')
    video.onerror = () => this.break(video.error?.message ?? '')
    video.onwaiting = () => this.servo.dry(performance.now())
    if ('handle' in source && this.Source !== globalThis.MediaSource) {
      // Managed sources are attached as objects.
      video.srcObject = source
    } else {
      this.url = URL.createObjectURL(source)
      video.src = this.url
    }
  }

  private break(words: string): void {
    if (!this.ended && this.state.get().kind !== 'unplayable') this.state.set({ kind: 'broken', words })
  }

  private heard(message: WireMessage): void {
    this.refusal.set(null)
    switch (message.type) {
      case 'codec':
        this.announced = message
        break
      case 'clock':
        this.tie(message)
        break
      case 'state':
        this.said.set(message)
        break
      case 'skip':
        this.slowAt = performance.now()
    }
  }

  private tie(clock: { media_s: number; wall_ms: number }): void {
    if (Number.isNaN(this.offset)) this.early = clock
    else this.ties.add(clock.media_s + this.offset, clock.wall_ms)
  }

  private received(bytes: ArrayBuffer): void {
    if (this.announced) {
      const codec = this.announced
      this.announced = null
      this.begin(codec, bytes)
    } else if (this.state.get().kind !== 'unplayable') {
      this.heardAt = performance.now()
      this.pending.media(bytes, readFragments(bytes))
      this.next()
    }
  }

  private begin(codec: CodecMessage, init: ArrayBuffer): void {
    this.codec.set(codec)
    this.offset = Number.NaN
    this.early = null
    if (!this.Source?.isTypeSupported(codec.mime)) {
      this.pending.clear()
      this.state.set({ kind: 'unplayable', codec: codec.codec })
      return
    }
    if (this.state.get().kind === 'unplayable') this.state.set({ kind: 'opening' })
    this.servo.hasSound(codec.mime.includes('mp4a'))
    this.pending.head(codec.mime, init)
    this.next()
  }

  /** Appends what waits, if the buffer can take it now. */
  private next(): void {
    const { source, buffer } = this
    if (this.ended || source?.readyState !== 'open' || buffer?.updating) return
    const piece = this.pending.take()
    if (!piece) return
    try {
      if (piece.kind === 'head') this.appendHead(source, piece)
      else this.appendMedia(piece)
    } catch (fault) {
      if (fault instanceof DOMException && fault.name === 'QuotaExceededError') this.full(piece)
      else this.break(fault instanceof Error ? fault.message : '')
    }
  }

  private appendHead(source: AnyMediaSource, { mime, init }: Head): void {
    if (!this.buffer) {
      this.buffer = source.addSourceBuffer(mime)
      this.buffer.mode = 'segments'
      this.buffer.onupdateend = () => {
        this.tick()
        this.next()
      }
      this.buffer.onerror = () => this.break('append')
    } else if (this.mime !== mime) {
      this.buffer.abort()
      this.buffer.changeType(mime)
    }
    this.mime = mime
    this.offset = Number.NaN
    this.buffer.appendBuffer(init)
  }

  private appendMedia({ data, facts }: Media): void {
    const { buffer } = this
    const first = facts[0]
    if (!buffer || !first) return
    if (Number.isNaN(this.offset)) this.lay(buffer, first.time)
    for (const { time, key } of facts) if (key) this.keys.push(time + this.offset)
    buffer.appendBuffer(data)
  }

  /** Decides where the piece that begins now lies on the player's line. */
  private lay(buffer: SourceBuffer, firstTime: number): void {
    const { buffered } = this.video
    const end = buffered.length ? Math.max(buffered.end(buffered.length - 1), this.video.currentTime) + SEAM_S : 0
    this.offset = end - firstTime
    this.laidAt = end
    this.placed = false
    buffer.timestampOffset = this.offset
    if (this.early) this.tie(this.early)
    this.early = null
  }

  private full(piece: Head | Media): void {
    this.pending.back(piece)
    if (!this.trim(this.video.currentTime - 0.5)) this.break('quota')
  }

  /** Removes what lies before the last key frame at or before `until`; whether there was anything to remove. */
  private trim(until: number): boolean {
    const { buffer, video } = this
    if (!buffer || buffer.updating || video.buffered.length === 0) return false
    const at = this.keys.findLastIndex((key) => key <= until)
    const key = this.keys[at]
    if (key === undefined || key <= video.buffered.start(0) + EDGE_S) return false
    this.keys = this.keys.slice(at)
    // It must end at a key frame: browsers remove up to the next one, which may be the newest.
    buffer.remove(0, key)
    return true
  }

  private tick(): void {
    const { video, buffer } = this
    const { buffered } = video
    if (this.ended || !buffer || buffered.length === 0) return
    const last = buffered.length - 1
    const start = buffered.start(last)
    const end = buffered.end(last)
    if (video.currentTime < start - EDGE_S || !this.placed) this.place(start, end)
    else if (!video.seeking) this.keepUp(start, end)
    if (video.paused && !document.hidden) void video.play().catch(() => undefined)
    if (!buffer.updating && video.currentTime - buffered.start(0) > TRIM_AFTER_S) this.trim(video.currentTime - KEEP_S)
  }

  /** To the newest piece: its first frames are there. */
  private place(start: number, end: number): void {
    if (start < this.laidAt - SEAM_S / 2) return
    this.placed = true
    this.video.currentTime = Math.max(start + EDGE_S / 2, end - this.servo.target)
  }

  private keepUp(start: number, end: number): void {
    const { video, servo } = this
    const step = servo.step(end - video.currentTime, performance.now())
    if (step.kind === 'jump') video.currentTime = Math.max(start, end - step.behind)
    else if (video.playbackRate !== step.rate) video.playbackRate = step.rate
  }

  /** Neither stopped nor ended. */
  get running(): boolean {
    return !this.ended
  }

  /** Called when a frame has really been drawn. */
  drew(): void {
    if (this.state.get().kind === 'opening') this.state.set({ kind: 'playing' })
  }

  /** Ends the stream; the picture stays in the element until it gets another source. */
  stop(): void {
    if (this.ended) return
    this.ended = true
    clearInterval(this.timer)
    this.wire.end()
    this.pending.clear()
    this.video.onwaiting = null
    this.video.onerror = null
    if (this.source) {
      this.source.onsourceclose = null
      this.source.onsourceopen = null
    }
    if (this.buffer) this.buffer.onupdateend = null
    this.video.pause()
  }

  /** Ends the stream and empties the element. */
  end(): void {
    this.stop()
    if (this.url) URL.revokeObjectURL(this.url)
    this.url = ''
    this.video.srcObject = null
    this.video.removeAttribute('src')
    this.video.load()
  }
}
