/**
 * A playback: one master clock, a player a camera, and the rules between them. Waits for tiles that have footage
 * to show, skips what nobody recorded, and at the present goes over into live.
 */
import type HlsClass from 'hls.js'
import { connection } from '@/base/connection'
import { serverNow } from '@/base/server_clock'
import { Store } from '@/base/store'
import { fetchTimeline } from './api'
import { CameraPlayer } from './camera_player'
import { MasterClock } from './master'
import { backward, byKeyFrames, forward } from './speeds'

export interface SessionView {
  playing: boolean
  rate: number
  /** The clock stands although it should run: footage is loading, or there is none newer yet. */
  held: 'loading' | 'newest' | null
}

export interface Skip {
  from: number
  to: number
}

const TICK_MS = 40
/** A tile that shows nothing for longer does not hold the others up. */
const PATIENCE_MS = 4000
/** A shorter wait is not worth a word. */
const SAY_AFTER_MS = 400
/** Whoever goes to a time as late as this means now. */
const NOW_WITHIN_MS = 1500
/** Behind the present so much is recorded already: cameras that may not be seen live go on from there. */
const GROWING_BEHIND_MS = 20_000

/** A live picture that stands for a camera's recorded one while the session is at the present. */
export interface LivePicture {
  readonly video: HTMLVideoElement
  /** NaN before the first frame. */
  readonly moment: number
}

export class PlaybackSession {
  readonly clock: MasterClock
  /** At the present: tiles show live pictures, and the clock is theirs. */
  readonly live = new Store(false)
  readonly view = new Store<SessionView>({ playing: false, rate: 1, held: null })
  readonly skip = new Store<Skip | null>(null)
  /** Whether a camera may be seen live; others are played at the growing end of their footage. */
  mayLive: (camera: string) => boolean = () => true
  private readonly players = new Map<string, CameraPlayer>()
  private readonly pictures = new Map<string, LivePicture>()
  private readonly waitingSince = new Map<string, number>()
  private timer: ReturnType<typeof setInterval> | undefined
  private looking = false
  private heldSince = Number.NaN

  constructor(moment: number, private readonly Hls: typeof HlsClass) {
    this.clock = new MasterClock(moment)
  }

  start(): void {
    this.timer ??= setInterval(() => this.tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  attach(camera: string, video: HTMLVideoElement, keyVideo: HTMLVideoElement, lastFrame: HTMLCanvasElement): CameraPlayer {
    this.detach(camera)
    const player = new CameraPlayer(camera, video, keyVideo, lastFrame, this.Hls)
    this.players.set(camera, player)
    this.tick()
    return player
  }

  detach(camera: string): void {
    this.players.get(camera)?.end()
    this.players.delete(camera)
    this.waitingSince.delete(camera)
  }

  player(camera: string): CameraPlayer | undefined {
    return this.players.get(camera)
  }

  /** What of a camera is on the screen, and when it was taken. */
  picture(camera: string): LivePicture | null {
    const player = this.players.get(camera)
    const live = this.live.get() ? this.pictures.get(camera) : undefined
    return live ?? (player ? { video: player.picture, moment: player.shown } : null)
  }

  /** While a tile shows a camera live: what it shows; the answer ends that. */
  showsLive(camera: string, picture: LivePicture): () => void {
    this.pictures.set(camera, picture)
    return () => {
      if (this.pictures.get(camera) === picture) this.pictures.delete(camera)
    }
  }

  /** To the present, playing; where no camera may be seen live, to the newest that is recorded. */
  goLive(): void {
    this.clock.setRate(1)
    this.clock.play()
    if (this.someLive) this.live.set(true)
    else this.moveTo(serverNow() - GROWING_BEHIND_MS)
    this.tick()
  }

  private get someLive(): boolean {
    const cameras = [...this.players.keys()]
    return cameras.length === 0 || cameras.some((camera) => this.mayLive(camera))
  }

  /** Back to what is recorded, at the moment that is seen; the live pictures stay until recorded ones are there. */
  private leaveLive(): void {
    if (!this.live.get()) return
    for (const [camera, picture] of this.pictures) this.players.get(camera)?.takeOver(picture)
    this.live.set(false)
  }

  private liveMoment(): number {
    const moments = [...this.pictures.values()].map((picture) => picture.moment).filter(Number.isFinite)
    return moments.length ? Math.max(...moments) : serverNow()
  }

  /** To a moment; the present is live. */
  seek(moment: number): void {
    if (moment >= serverNow() - NOW_WITHIN_MS) this.goLive()
    else this.moveTo(moment)
  }

  private moveTo(moment: number): void {
    this.leaveLive()
    this.clock.seek(Math.min(moment, serverNow()))
    this.waitingSince.clear()
    this.tick()
  }

  jump(ms: number): void {
    this.seek(this.clock.moment() + ms)
  }

  play(rate = this.clock.rate): void {
    // At the present nothing can be played faster than it happens.
    if (this.live.get() && rate >= 1) return
    this.leaveLive()
    this.clock.setRate(rate)
    this.clock.play()
    this.tick()
  }

  pause(): void {
    this.leaveLive()
    this.clock.pause()
    // Key frames have no middle: playing goes on from what is on the screen.
    if (byKeyFrames(this.clock.rate)) this.clock.setRate(1)
    this.tick()
  }

  toggle(): void {
    if (this.clock.playing) this.pause()
    else this.play()
  }

  forward(): void {
    this.play(forward(this.clock.rate, this.clock.playing))
  }

  backward(): void {
    this.play(backward(this.clock.playing ? this.clock.rate : 1))
  }

  /** One frame of the camera that leads; the others go to the same moment. */
  step(camera: string | null, direction: 1 | -1): void {
    this.pause()
    const player = (camera === null ? undefined : this.players.get(camera)) ?? [...this.players.values()][0]
    const moment = player?.stepped(direction) ?? Number.NaN
    this.moveTo(Number.isFinite(moment) ? moment : this.clock.moment() + direction * 40)
  }

  private tick(): void {
    const { clock } = this
    const players = [...this.players.values()]
    if (this.live.get() && this.someLive) {
      this.waitingSince.clear()
      clock.hold(false)
      clock.seek(this.liveMoment())
      for (const player of players) {
        if (this.mayLive(player.camera)) player.rest()
        else player.follow({ moment: clock.moment() - GROWING_BEHIND_MS, rate: 1, running: true })
      }
      this.show(players)
      return
    }
    if (this.live.get()) {
      this.leaveLive()
      clock.seek(serverNow() - GROWING_BEHIND_MS)
    }
    this.hold(players)
    const follow = { moment: clock.moment(), rate: clock.rate, running: clock.running }
    for (const player of players) player.follow(follow)
    if (clock.playing && players.length > 0) this.skipWhereNobodyRecorded(players)
    this.show(players)
  }

  private hold(players: CameraPlayer[]): void {
    const now = performance.now()
    let waiting = false
    for (const player of players) {
      if (!player.waiting) {
        this.waitingSince.delete(player.camera)
        continue
      }
      const since = this.waitingSince.get(player.camera) ?? now
      this.waitingSince.set(player.camera, since)
      waiting ||= now - since < PATIENCE_MS || players.length === 1
    }
    const newest = atNewest(players)
    this.clock.hold(waiting || newest)
    if (newest && this.clock.playing && this.clock.rate > 0 && !connection.get().lost && this.someLive) this.goLive()
  }

  private show(players: CameraPlayer[]): void {
    const { clock } = this
    if (!clock.held || !clock.playing) this.heldSince = Number.NaN
    else if (Number.isNaN(this.heldSince)) this.heldSince = performance.now()
    const asks = players.some((player) => player.status.get().state === 'purpose')
    const said = !asks && performance.now() - this.heldSince > SAY_AFTER_MS
    const held = !said || this.live.get() ? null : atNewest(players) ? 'newest' : 'loading'
    const view = this.view.get()
    if (view.playing !== clock.playing || view.rate !== clock.rate || view.held !== held) {
      this.view.set({ playing: clock.playing, rate: clock.rate, held })
    }
  }

  private skipWhereNobodyRecorded(players: CameraPlayer[]): void {
    const states = players.map((player) => player.status.get())
    if (this.looking || !states.every((status) => status.state === 'gap')) return
    const from = this.clock.moment()
    const nexts = states.flatMap((status) => ('next' in status && status.next !== null ? [status.next] : []))
    if (this.clock.rate > 0 && nexts.length === players.length) this.skipTo(from, Math.min(...nexts))
    else void this.lookFurther(from)
  }

  private skipTo(from: number, to: number): void {
    this.skip.set({ from, to })
    // Footage that began just now is not the present where nothing may be seen live.
    if (this.someLive) this.seek(to)
    else this.moveTo(to)
  }

  /** The loaded windows know no footage further on in the direction of playing: ask the catalogue. */
  private async lookFurther(from: number): Promise<void> {
    this.looking = true
    try {
      const ahead = this.clock.rate > 0
      const cameras = [...this.players.keys()]
      const timeline = await fetchTimeline(cameras, ahead ? { from, to: serverNow() + 1000 } : { from: from - 31 * 86_400_000, to: from })
      if (!this.clock.playing || Math.abs(this.clock.moment() - from) > 60_000) return
      const spans = [...timeline.cameras.values()].flatMap((row) => row.spans)
      const found = ahead ? spans.map((span) => span.from).filter((at) => at > from) : spans.map((span) => span.to - 100).filter((at) => at < from)
      if (found.length) this.skipTo(from, ahead ? Math.min(...found) : Math.max(...found))
      else this.pause()
    } catch {
      // The connection's state is shown by the shell; the next tick asks again.
    } finally {
      this.looking = false
    }
  }

  end(): void {
    this.stop()
    for (const camera of [...this.players.keys()]) this.detach(camera)
  }
}

function atNewest(players: CameraPlayer[]): boolean {
  const states = players.map((player) => player.status.get().state)
  return states.includes('ahead') && states.every((state) => state === 'ahead' || state === 'gap')
}
