/** Speeds that no decoder keeps up with, and backward: key frames one after another, from the I-frame playlist. */
import type Hls from 'hls.js'
import type { HlsIFramesOnly } from 'hls.js'
import { momentOfMedia, placeOf, type Piece } from './mapping'

/** A key frame that has not come after this long is given up for the next one. */
const PATIENCE_MS = 600

export class KeyFramePlayer {
  private player: HlsIFramesOnly | null = null
  private askedIndex = -1
  private askedAt = 0

  constructor(private readonly parent: Hls, private readonly video: HTMLVideoElement) {
    this.player = parent.createIFramePlayer()
    this.player?.attachMedia(video)
  }

  get available(): boolean {
    return this.player !== null
  }

  private pieces(): readonly Piece[] {
    return this.player?.latestLevelDetails?.fragments ?? this.parent.latestLevelDetails?.fragments ?? []
  }

  /** Shows the key frame at or before the moment, unless the last one asked for is still on its way. */
  follow(moment: number, now: number): void {
    const { player } = this
    if (!player) return
    const pieces = this.pieces()
    const place = placeOf(pieces, moment)
    if (place.kind !== 'media') return
    const index = pieces.findLastIndex((piece) => piece.start <= place.time + 0.001)
    if (index === this.askedIndex) return
    if (this.video.seeking && now - this.askedAt < PATIENCE_MS) return
    this.askedIndex = index
    this.askedAt = now
    player.loadMediaAt((pieces[index]?.start ?? place.time) + 0.01)
  }

  /** How long the key frame asked for last is the picture when it is played at this rate; 0 while nothing is known. */
  lastsMs(rate: number): number {
    return ((this.pieces()[this.askedIndex]?.duration ?? 0) * 1000) / Math.abs(rate)
  }

  momentOf(mediaTime: number): number {
    return momentOfMedia(this.pieces(), mediaTime)
  }

  end(): void {
    this.player?.destroy()
    this.player = null
  }
}
