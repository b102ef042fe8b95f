/**
 * One tile's live picture over two video elements: the stream that fits its size, changed without a black frame
 * (the next one is prepared under the picture and comes to the front with its first frame), stopped while nobody
 * can see it. It knows how old the picture is.
 */
import { Store } from '@/base/store'
import { FrameWatch } from '../tile/frames'
import { LivePlayer, type PlayerOptions, type PlayerState } from './player'
import { chooseStream } from './stream_choice'
import type { Refusal, StateMessage, StreamName } from './wire'

export interface ScreenView {
  /** Which of the two elements is in front. */
  front: 0 | 1
  /** Something has been drawn since the camera was opened. */
  hasPicture: boolean
  connected: boolean
  refusal: Refusal | null
  said: StateMessage | null
  stream: StreamName | null
  width: number
  height: number
  sound: boolean
  /** Codec of the main stream when this browser cannot decode it. */
  unplayable: string | null
  /** Nothing of this camera can be shown here. */
  dark: boolean
}

export interface Wish {
  widthPx: number
  hasSub: boolean
  /** Whether anybody can see the tile. */
  inSight: boolean
}

interface Half {
  player: LivePlayer
  watch: FrameWatch
  index: 0 | 1
}

const START: ScreenView = {
  front: 0, hasPicture: false, connected: true, refusal: null, said: null, stream: null, width: 0, height: 0, sound: false, unplayable: null, dark: false,
}
/** A tile that is gone for a moment (scrolling, another window over it) keeps its stream. */
const STOP_AFTER_MS = 3000
const REBUILD_MS = 700
/** A prepared stream that shows nothing for so long is given up; the old one stays. */
const PATIENCE_MS = 10_000
const AGAIN_MS = 30_000
const DARK_MS = 60_000
const ARRIVES_MS = 1500
/** So long it is said that frames were left out. */
const SLOW_MS = 8000
/** A stream that broke so often without a frame in between is not tried at once again. */
const MOST_BREAKS = 3

export class LiveScreen {
  readonly view = new Store<ScreenView>(START)
  private shown: Half | null = null
  private coming: Half | null = null
  private wish: Wish = { widthPx: 0, hasSub: false, inSight: false }
  private unplayable: StreamName[] = []
  private subWidthPx: number | null = null
  private stopTimer: ReturnType<typeof setTimeout> | undefined
  private againTimer: ReturnType<typeof setTimeout> | undefined
  private mainTimer: ReturnType<typeof setTimeout> | undefined
  private patience: ReturnType<typeof setTimeout> | undefined
  private stopped = true
  /** The sub stream did not come lately. */
  private subFails = false
  private volume = 0
  /** How often each stream broke since a frame of it was drawn. */
  private readonly breaks: Record<StreamName, number> = { main: 0, sub: 0 }

  constructor(
    readonly camera: string,
    private readonly videos: readonly [HTMLVideoElement, HTMLVideoElement],
    private readonly options: PlayerOptions = {},
  ) {}

  want(wish: Wish): void {
    this.wish = wish
    if (wish.inSight) {
      clearTimeout(this.stopTimer)
      this.stopTimer = undefined
      if (this.stopped) this.start()
      else this.choose()
    } else if (!this.stopped) {
      this.stopTimer ??= setTimeout(() => this.stop(), STOP_AFTER_MS)
    }
  }

  /** The element whose picture is seen. */
  get video(): HTMLVideoElement {
    return this.videos[this.view.get().front]
  }

  get player(): LivePlayer | null {
    return this.shown?.player ?? null
  }

  /** The moment of the picture that is seen, in milliseconds since the epoch; NaN without one. */
  get moment(): number {
    return this.shown ? this.shown.player.ties.momentOf(this.shown.watch.mediaTime) : Number.NaN
  }

  /** When that picture was drawn, on the clock of performance.now(); NaN without one. */
  get drawnAt(): number {
    return this.shown?.watch.drawnAt ?? Number.NaN
  }

  /** Pictures come over the wire: if none is drawn, this machine does not keep up. */
  get arriving(): boolean {
    return performance.now() - (this.shown?.player.heardAt ?? Number.NaN) < ARRIVES_MS
  }

  /** Frames were left out lately: the way from the server is too slow for them. */
  get slow(): boolean {
    return performance.now() - (this.shown?.player.slowAt ?? Number.NaN) < SLOW_MS
  }

  hear(volume: number): void {
    this.volume = volume
    this.videos.forEach((video, index) => {
      video.muted = volume === 0 || index !== this.view.get().front
      video.volume = volume
    })
  }

  private say(change: Partial<ScreenView>): void {
    this.view.set({ ...this.view.get(), ...change })
  }

  private choice(): StreamName {
    const current = this.coming?.player.stream ?? this.shown?.player.stream ?? null
    return chooseStream({ ...this.wish, current, unplayable: this.subFails ? [...this.unplayable, 'sub'] : this.unplayable, subWidthPx: this.subWidthPx })
  }

  private start(): void {
    this.stopped = false
    this.prepare(this.choice())
  }

  private choose(): void {
    const stream = this.choice()
    if (this.coming) {
      if (this.coming.player.stream === stream) return
      this.dropComing()
    }
    if (this.shown?.player.stream !== stream) this.prepare(stream)
  }

  private dropComing(): void {
    clearTimeout(this.patience)
    if (!this.coming) return
    this.coming.watch.end()
    this.coming.player.end()
    this.coming = null
  }

  private prepare(stream: StreamName): void {
    clearTimeout(this.againTimer)
    this.dropComing()
    const index = this.shown ? (this.shown.index === 0 ? 1 : 0) : this.view.get().front
    const video = this.videos[index]
    video.muted = true
    const player = new LivePlayer(this.camera, stream, video, this.options)
    const half: Half = { player, index, watch: new FrameWatch(video, () => this.drew(half)) }
    this.coming = half
    player.state.subscribe(() => this.changed(half, player.state.get()))
    for (const store of [player.said, player.connected, player.refusal, player.codec]) store.subscribe(() => this.tell(half))
    this.patience = setTimeout(() => this.giveUp(half), PATIENCE_MS)
  }

  /** A stream that does not come: what is shown stays, or the main stream is taken; a while later it is tried again. */
  private giveUp(half: Half): void {
    if (this.coming !== half) return
    if (this.shown?.player.state.get().kind === 'playing') this.dropComing()
    else if (half.player.stream === 'sub' && !this.unplayable.includes('main')) this.subFails = true
    else return
    if (!this.shown) this.choose()
    this.againTimer = setTimeout(() => {
      this.subFails = false
      if (!this.stopped) this.choose()
    }, AGAIN_MS)
  }

  /** What the player that speaks for this tile knows: the one in front, or the first that comes. */
  private tell(half: Half): void {
    const { said, connected, refusal, codec } = half.player
    const message = codec.get()
    if (message?.stream === 'sub') this.subWidthPx = message.width
    if (half !== this.shown && this.shown) return
    if (refusal.get() === 'may_not') this.askLater()
    this.say({
      said: said.get(), connected: connected.get(), refusal: refusal.get(), stream: half.player.stream,
      ...(message ? { width: message.width, height: message.height, sound: message.mime.includes('mp4a') } : {}),
    })
  }

  private drew(half: Half): void {
    half.player.drew()
    this.breaks[half.player.stream] = 0
    // A frame that comes while it seeks to the newest is not the one to show.
    if (half === this.coming && !(this.shown && this.videos[half.index].seeking)) this.bringForward(half)
  }

  private bringForward(half: Half): void {
    clearTimeout(this.patience)
    const before = this.shown
    this.shown = half
    this.coming = null
    this.tell(half)
    if (half.player.stream === 'main') this.unplayable = this.unplayable.filter((stream) => stream !== 'main')
    this.say({ front: half.index, hasPicture: true, dark: false, ...(this.unplayable.includes('main') ? {} : { unplayable: null }) })
    this.askForMain()
    this.hear(this.volume)
    before?.watch.end()
    // The old picture stays under the new one until the browser has painted: then it is nobody's.
    if (before) requestAnimationFrame(() => requestAnimationFrame(() => before.player.end()))
    this.choose()
  }

  private changed(half: Half, state: PlayerState): void {
    if (half !== this.coming && half !== this.shown) return
    if (state.kind === 'unplayable') this.cannotPlay(half, state.codec)
    else if (state.kind === 'broken') this.broke(half)
  }

  private cannotPlay(half: Half, codec: string): void {
    const { stream } = half.player
    if (!this.unplayable.includes(stream)) this.unplayable = [...this.unplayable, stream]
    if (stream === 'main') {
      this.say({ unplayable: codec })
      // A sub stream that is slow to come is still the only way out.
      this.subFails = false
    }
    const next = this.choice()
    if (half === this.coming && next !== stream && this.shown?.player.stream === next && this.shown.player.running) {
      this.dropComing()
      this.askForMain()
    } else if (next !== stream) this.prepare(next)
    else if (!this.shown?.player.running || half === this.shown) {
      this.say({ dark: true, unplayable: codec })
      this.stayDark(half)
    }
  }

  /** Nothing is sent for what cannot be shown; now and then it is asked whether the camera sends something else. */
  private stayDark(half: Half): void {
    half.player.stop()
    clearTimeout(this.patience)
    clearTimeout(this.againTimer)
    this.againTimer = setTimeout(() => {
      this.unplayable = []
      this.subFails = false
      if (!this.stopped) this.prepare(this.choice())
    }, DARK_MS)
  }

  /** The right ended. Whoever still wants it after a while was given it again. */
  private askLater(): void {
    clearTimeout(this.patience)
    clearTimeout(this.againTimer)
    this.againTimer = setTimeout(() => {
      if (!this.stopped) this.prepare(this.choice())
    }, AGAIN_MS)
  }

  /** While the sub stream stands for a main stream that cannot be decoded: does the camera send something else now? */
  private askForMain(): void {
    clearTimeout(this.mainTimer)
    if (!this.unplayable.includes('main')) return
    this.mainTimer = setTimeout(() => {
      this.unplayable = this.unplayable.filter((stream) => stream !== 'main')
      // A tile that is small by now shows the sub stream for its size, whatever the main one is.
      if (this.choice() === 'sub') this.say({ unplayable: null })
      if (!this.stopped) this.choose()
    }, DARK_MS)
  }

  private broke(half: Half): void {
    half.player.stop()
    const { stream } = half.player
    const codec = half.player.codec.get()
    // What breaks before the camera was heard is not the decoder.
    if (codec) this.breaks[stream] += 1
    if (!codec || this.breaks[stream] < MOST_BREAKS) this.rebuild()
    else {
      this.breaks[stream] = 0
      this.cannotPlay(half, codec.codec)
    }
  }

  private rebuild(): void {
    clearTimeout(this.againTimer)
    this.againTimer = setTimeout(() => {
      if (!this.stopped) this.prepare(this.choice())
    }, REBUILD_MS)
  }

  private stop(): void {
    this.stopTimer = undefined
    this.stopped = true
    clearTimeout(this.againTimer)
    clearTimeout(this.mainTimer)
    this.dropComing()
    // The last picture stays in its element: marked as old, it is there again before the stream is.
    this.shown?.player.stop()
  }

  end(): void {
    clearTimeout(this.stopTimer)
    clearTimeout(this.againTimer)
    clearTimeout(this.mainTimer)
    this.dropComing()
    this.shown?.watch.end()
    this.shown?.player.end()
    this.shown = null
    this.stopped = true
  }
}
