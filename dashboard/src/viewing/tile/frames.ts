/** A picture that stands for so long is marked: with the next look at it, before it is 2 s old. */
export const STANDS_MS = 1700

/** What a video element has really drawn: the media time of its last frame, when it came, how long frames last. */
export class FrameWatch {
  /** Media time in seconds of the frame on the screen; NaN before the first. */
  mediaTime = Number.NaN
  /** When it was drawn, on the clock of performance.now(). */
  drawnAt = Number.NaN
  drawn = 0
  private gaps: number[] = []
  private handle = 0

  constructor(private readonly video: HTMLVideoElement, private readonly onFrame: (mediaTime: number) => void) {
    this.next()
  }

  private next(): void {
    this.handle = this.video.requestVideoFrameCallback((now, frame) => {
      this.learn(frame.mediaTime)
      this.mediaTime = frame.mediaTime
      this.drawnAt = now
      this.drawn += 1
      this.onFrame(frame.mediaTime)
      this.next()
    })
  }

  private learn(mediaTime: number): void {
    const gap = mediaTime - this.mediaTime
    // Dropped frames make gaps of several frames: the shortest of the last ones is a frame.
    if (gap > 0.005 && gap < 1.1 && this.video.playbackRate <= 1) this.gaps = [...this.gaps.slice(-23), gap]
  }

  /** Whether enough frames were seen to know how long one lasts. */
  get knowsFrames(): boolean {
    return this.gaps.length >= 3
  }

  /** Seconds that a frame lasts; 25 a second until more is known. */
  get frameS(): number {
    return this.knowsFrames ? Math.min(...this.gaps) : 0.04
  }

  end(): void {
    this.video.cancelVideoFrameCallback(this.handle)
  }
}
