/**
 * One camera's video, brought to whatever moment the master clock says. It owns the window that is loaded, its
 * grant, the hls.js instance and what is known of the picture on the screen; it decides nothing about time.
 */
import type HlsClass from 'hls.js'
import type { ErrorData, HlsConfig } from 'hls.js'
import { Problem } from '@/base/api/http'
import { NEEDED, purpose } from '@/base/purpose'
import { Store } from '@/base/store'
import { serverNow } from '@/base/server_clock'
import { FrameWatch, STANDS_MS } from '../tile/frames'
import { KeyFramePlayer } from './key_frames'
import { HAIR_S, momentOfMedia, placeOf, type Piece, type Place } from './mapping'
import { MediaGrant } from './media_grant'
import { correct } from './servo'
import { byKeyFrames } from './speeds'
import { chooseWindow, serves, type Window } from './window'

export type TileStatus =
  | { state: 'opening' }
  | { state: 'ready' }
  | { state: 'buffering' }
  /** No footage at this moment; `next` is where the window has some again. */
  | { state: 'gap'; next: number | null }
  /** Later than the newest footage of a camera that records. */
  | { state: 'ahead'; end: number | null }
  | { state: 'lost'; words: string }
  /** The camera's agency wants to know why first. */
  | { state: 'purpose' }
  | { state: 'unplayable'; codec: string }

export interface Follow {
  moment: number
  rate: number
  /** Whether the master's clock moves. */
  running: boolean
}

const RETRY_FIRST_MS = 1000
const RETRY_MOST_MS = 10_000
/** A frame that was sought is told of within this, or it was not told of. */
const TOLD_WITHIN_MS = 250
const ASK_AGAIN = 2
/** Live and recorded pictures of one moment are stamped this close to each other. */
const SAME_MS = 1000

const CONFIG: Partial<HlsConfig> = {
  enableWorker: false, // fragmented MP4 passes through: there is nothing to transmux
  autoStartLoad: true,
  startFragPrefetch: false,
  testBandwidth: false,
  lowLatencyMode: false,
  maxBufferLength: 8, // standing; `bufferFor` says more while it plays
  maxMaxBufferLength: 120,
  maxBufferSize: 0, // seconds only: of few bits a second it would fetch two minutes after every seek
  backBufferLength: 20,
  maxBufferHole: 0.3,
  liveDurationInfinity: false,
  iframeCacheLimit: 16_000_000,
}

/** Seconds of media to have ahead of the picture: much lasts long when it is played fast, none is used up standing. */
function bufferFor({ rate, running }: Follow): number {
  return running ? Math.min(120, 16 * Math.max(1, rate)) : 8
}

export class CameraPlayer {
  readonly status = new Store<TileStatus>({ state: 'opening' })
  /** The moment of the frame on the screen, NaN before the first. */
  shown = Number.NaN
  private hls: HlsClass | null = null
  private grant: MediaGrant | null = null
  private window: Window | null = null
  private opening: AbortController | null = null
  private opened = false
  private retryAt = 0
  private retryMs = RETRY_FIRST_MS
  private mediaFaults = 0
  private target = Number.NaN
  private soughtAt = 0
  private askedAgain = 0
  /** Moment of a live picture that stays until the recorded one is drawn, and not for any other. */
  private standsAt = Number.NaN
  private wanted: Follow = { moment: 0, rate: 1, running: false }
  private keyFrames: KeyFramePlayer | null = null
  private readonly frames: FrameWatch
  private readonly keyWatch: FrameWatch
  private readonly forgetPurpose: () => void
  private readonly onSeeked = () => this.follow(this.wanted)

  constructor(
    readonly camera: string,
    private readonly video: HTMLVideoElement,
    private readonly keyVideo: HTMLVideoElement,
    /** Keeps the last frame in sight while the video element changes its source. */
    private readonly lastFrame: HTMLCanvasElement,
    private readonly Hls: typeof HlsClass,
  ) {
    this.frames = new FrameWatch(video, (time) => this.drew(time))
    this.keyWatch = new FrameWatch(keyVideo, (time) => {
      if (!this.keyFrames) return
      keyVideo.dataset.shown = ''
      this.shown = this.keyFrames.momentOf(time)
    })
    video.addEventListener('seeked', this.onSeeked)
    // What is watched from now on is watched for another case: under a grant of its own.
    this.forgetPurpose = purpose.subscribe(() => {
      this.endGrant()
      this.window = null
      this.retryAt = 0
    })
  }

  /** Its timer would go on to renew it, under a case that may have ended. */
  private endGrant(): void {
    this.grant?.end()
    this.grant = null
  }

  private drew(time: number): void {
    const moment = momentOfMedia(this.pieces(), time)
    const stands = Math.abs(this.wanted.moment - this.standsAt) < SAME_MS
    if (stands && !(Math.abs(moment - this.standsAt) < SAME_MS)) return
    this.standsAt = Number.NaN
    this.lastFrame.hidden = true
    if (!this.byKeys) this.shown = moment
  }

  /** Whether key frames are on the screen instead of the video. */
  get byKeys(): boolean {
    return this.keyFrames !== null
  }

  get drawnAt(): number {
    return this.byKeys ? this.keyWatch.drawnAt : this.frames.drawnAt
  }

  /** A picture that is older stands: one of key frames is right until the next one is due. */
  get standsAfterMs(): number {
    return STANDS_MS + (this.keyFrames?.lastsMs(this.wanted.rate) ?? 0)
  }

  get frameMs(): number {
    return this.frames.frameS * 1000
  }

  get picture(): HTMLVideoElement {
    return this.byKeys ? this.keyVideo : this.video
  }

  /** Whether the master should wait: footage belongs here and is not on the screen yet. */
  get waiting(): boolean {
    const { state } = this.status.get()
    return state === 'opening' || state === 'buffering' || state === 'purpose'
  }

  follow(wanted: Follow): void {
    this.wanted = wanted
    this.openWhereNeeded(wanted.moment)
    if (!this.opened) return
    const place = placeOf(this.pieces(), wanted.moment)
    if (byKeyFrames(wanted.rate) && wanted.running) {
      this.followByKeys(wanted, place)
      return
    }
    this.leaveKeyFrames()
    if (this.hls) this.hls.config.maxBufferLength = bufferFor(wanted)
    if (place.kind === 'media') this.followOnMedia(place.time, wanted)
    else this.standWithout(place)
  }

  private pieces(): readonly Piece[] {
    return this.hls?.latestLevelDetails?.fragments ?? []
  }

  private say(status: TileStatus): void {
    if (JSON.stringify(status) !== JSON.stringify(this.status.get())) this.status.set(status)
  }

  private standWithout(place: Exclude<Place, { kind: 'media' }>): void {
    if (!this.video.paused) this.video.pause()
    this.target = Number.NaN
    if (place.kind === 'gap' || place.kind === 'before') this.say({ state: 'gap', next: place.next })
    else if (this.window?.growing) this.say({ state: 'ahead', end: place.kind === 'after' ? place.end : null })
    else this.say({ state: 'gap', next: null })
  }

  private followOnMedia(time: number, { rate, running }: Follow): void {
    const { video } = this
    if (!running) {
      if (!video.paused) video.pause()
      if (!video.seeking && this.target !== time) this.seek(time)
      else if (!video.seeking) this.askAgain(time)
    } else if (!video.seeking) {
      const step = correct(video.currentTime - time, rate)
      if (step.kind === 'jump') this.seek(time)
      else if (video.playbackRate !== step.rate) video.playbackRate = step.rate
      if (video.paused) void video.play().catch(() => undefined)
    }
    const { state } = this.status.get()
    if (state !== 'unplayable' && state !== 'lost') this.say({ state: this.hasPicture() ? 'ready' : 'buffering' })
    else if (state === 'lost' && this.hasPicture()) this.say({ state: 'ready' })
  }

  private hasPicture(): boolean {
    // At the very end of what is loaded there is no future data, only the current frame.
    const { video } = this
    return !video.seeking && (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA || (video.readyState === HTMLMediaElement.HAVE_CURRENT_DATA && !this.wanted.running))
  }

  private seek(time: number): void {
    this.target = time
    this.soughtAt = performance.now()
    this.askedAgain = 0
    // The first frame after a gap would else be the last one before it: a browser rounds down where it seeks to.
    const inside = time + HAIR_S
    if (Math.abs(this.video.currentTime - inside) > 0.0005) this.video.currentTime = inside
  }

  /**
   * While it stands, what we were told is on the screen must be the frame of `time`. A frame that is drawn between two
   * requests to be told of one is not told of, and no other follows: sought by a hair, it is drawn and told anew.
   */
  private askAgain(time: number): void {
    const { mediaTime, frameS, knowsFrames } = this.frames
    const right = time > mediaTime - HAIR_S && time < mediaTime + frameS + HAIR_S
    if (right || !knowsFrames || this.askedAgain === ASK_AGAIN || performance.now() - this.soughtAt < TOLD_WITHIN_MS) return
    this.askedAgain += 1
    this.soughtAt = performance.now()
    this.video.currentTime = time + HAIR_S * (1 + this.askedAgain / 10)
  }

  private followByKeys({ moment }: Follow, place: Place): void {
    if (!this.keyFrames && this.hls) {
      this.keyFrames = new KeyFramePlayer(this.hls, this.keyVideo)
      this.video.pause()
      this.hls.pauseBuffering()
    }
    this.target = Number.NaN
    if (place.kind === 'media') {
      this.keyFrames?.follow(moment, performance.now())
      this.say({ state: 'ready' })
    } else this.standWithout(place)
  }

  private leaveKeyFrames(): void {
    if (!this.keyFrames) return
    this.keyFrames.end()
    this.keyFrames = null
    delete this.keyVideo.dataset.shown
    this.hls?.resumeBuffering()
  }

  /** The moment one frame on or back from the picture on the screen; NaN when there is none. */
  stepped(direction: 1 | -1): number {
    const { mediaTime, frameS } = this.frames
    // Half a frame beyond its start is safely inside the frame that is wanted.
    return momentOfMedia(this.pieces(), mediaTime + (direction > 0 ? 1.5 : -0.5) * frameS)
  }

  private openWhereNeeded(moment: number): void {
    if (this.window && serves(this.window, moment)) return
    if (performance.now() < this.retryAt) return
    void this.open(chooseWindow(moment, serverNow()))
  }

  private async open(window: Window): Promise<void> {
    this.window = window
    this.opened = false
    this.target = Number.NaN
    this.opening?.abort()
    const opening = new AbortController()
    this.opening = opening
    this.leaveKeyFrames()
    this.video.pause()
    if (this.status.get().state !== 'lost') this.say({ state: 'opening' })
    this.endGrant()
    try {
      const grant = await MediaGrant.ask(this.camera, window, opening.signal)
      if (opening.signal.aborted) {
        grant.end()
        return
      }
      this.grant = grant
      this.load(grant)
    } catch (fault) {
      if (opening.signal.aborted) return
      // It is asked again when it was said why.
      if (fault instanceof Problem && fault.code === NEEDED) this.stop({ state: 'purpose' })
      else this.lose(fault instanceof Problem ? fault.message : '')
    }
  }

  /** A live picture stands for it: nothing needs to be loaded, the last frame stays until the live one is there. */
  rest(): void {
    if (!this.window) return
    this.opening?.abort()
    this.endGrant()
    this.leaveKeyFrames()
    this.video.pause()
    this.stop({ state: 'opening' })
    this.window = null
    this.target = Number.NaN
  }

  /** The picture of another element stays in sight until there is a recorded one. */
  takeOver({ video, moment }: { video: HTMLVideoElement; moment: number }): void {
    this.keepFrame(video)
    this.shown = this.standsAt = moment
  }

  private keepFrame(video = this.video): void {
    const { lastFrame } = this
    if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return
    lastFrame.width = video.videoWidth
    lastFrame.height = video.videoHeight
    lastFrame.getContext('2d')?.drawImage(video, 0, 0)
    lastFrame.hidden = false
  }

  private load(grant: MediaGrant): void {
    this.keepFrame()
    this.hls?.destroy()
    const { Hls } = this
    const hls = new Hls({
      ...CONFIG,
      xhrSetup: (xhr, url) => {
        xhr.open('GET', grant.rewrite(url), true)
      },
    })
    this.hls = hls
    hls.on(Hls.Events.LEVEL_UPDATED, () => this.arrived(hls))
    hls.on(Hls.Events.ERROR, (_event, data) => this.failed(hls, data))
    hls.on(Hls.Events.MANIFEST_LOADED, (_event, data) => {
      if (data.levels.length === 0) this.arrived(hls)
    })
    hls.attachMedia(this.video)
    hls.loadSource(grant.url)
  }

  /** The playlist is here for the first time: start loading where the play head is, not at its beginning. */
  private arrived(hls: HlsClass): void {
    if (this.hls !== hls) return
    this.retryMs = RETRY_FIRST_MS
    if (this.opened) return
    this.opened = true
    const place = placeOf(this.pieces(), this.wanted.moment)
    if (place.kind === 'media') hls.startLoad(place.time)
    else if (place.kind === 'after') hls.startLoad(Math.max(0, (this.pieces().at(-1)?.start ?? 0)))
    this.follow(this.wanted)
  }

  private failed(hls: HlsClass, data: ErrorData): void {
    if (this.hls !== hls || !data.fatal) return
    const { ErrorDetails, ErrorTypes } = this.Hls
    if (data.details === ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR || data.details === ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR) {
      this.stop({ state: 'unplayable', codec: hls.levels[0]?.videoCodec ?? codecIn(data) })
    } else if (data.details === ErrorDetails.LEVEL_EMPTY_ERROR || (data.response?.code === 404 && !data.frag)) {
      // A playlist that is not there; one fragment that is missing is no empty window.
      this.empty()
    } else if (data.type === ErrorTypes.MEDIA_ERROR && this.mediaFaults < 3) {
      this.mediaFaults += 1
      hls.recoverMediaError()
    } else if (data.type === ErrorTypes.MEDIA_ERROR) {
      this.stop({ state: 'unplayable', codec: hls.levels[0]?.videoCodec ?? '' })
    } else {
      this.lose('')
    }
  }

  private empty(): void {
    this.opened = true
    this.hls?.destroy()
    this.hls = null
    this.standWithout({ kind: 'nothing' })
    // A camera may begin to record at any time.
    if (this.window?.growing) {
      this.opened = false
      this.window = null
      this.retryAt = performance.now() + 3000
    }
  }

  private stop(status: TileStatus): void {
    this.keepFrame()
    this.hls?.destroy()
    this.hls = null
    this.opened = false
    this.say(status)
  }

  private lose(words: string): void {
    this.stop({ state: 'lost', words })
    this.window = null
    this.retryAt = performance.now() + this.retryMs
    this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2)
  }

  end(): void {
    this.forgetPurpose()
    this.opening?.abort()
    this.grant?.end()
    this.leaveKeyFrames()
    this.frames.end()
    this.keyWatch.end()
    this.video.removeEventListener('seeked', this.onSeeked)
    this.hls?.destroy()
    this.hls = null
  }
}

function codecIn(data: ErrorData): string {
  return /codecs?[^"']*["']?([a-z0-9]{4}[.\w]*)/i.exec(data.error.message)?.[1] ?? ''
}
