/**
 * Keeps the picture a steady little behind the newest frame: by a speed that nobody notices, by a jump when it
 * is far behind. A player that runs dry keeps more in hand for a while.
 */
export type Step = { kind: 'rate'; rate: number } | { kind: 'jump'; behind: number }

/** With sound the browser needs more in hand than for pictures alone. */
const PICTURES_S = 0.22
const WITH_SOUND_S = 0.3
/** With the way from the camera it is less than a second. */
const MOST_S = 0.8
const DRY_STEP_S = 0.08
const CALM_AFTER_MS = 15_000
const CALM_STEP_S = 0.02
const DRY_AGAIN_MS = 1000

/** Within this of the target the speed is left alone. */
const QUIET_S = 0.05
const STRENGTH = 0.5
const MOST_NUDGE = 0.1
const JUMP_S = 2

export class LatencyServo {
  private extra = 0
  private changedAt = 0

  constructor(private sound = false) {}

  /** Seconds behind the newest frame that are aimed at. */
  get target(): number {
    return Math.min(MOST_S, (this.sound ? WITH_SOUND_S : PICTURES_S) + this.extra)
  }

  hasSound(sound: boolean): void {
    this.sound = sound
  }

  /** The player had nothing to show next. */
  dry(now: number): void {
    if (now - this.changedAt < DRY_AGAIN_MS) return
    this.extra = Math.min(MOST_S - PICTURES_S, this.extra + DRY_STEP_S)
    this.changedAt = now
  }

  /** What to do when the newest frame is `gap` seconds ahead of the picture. */
  step(gap: number, now: number): Step {
    if (this.extra > 0 && now - this.changedAt > CALM_AFTER_MS) {
      this.extra = Math.max(0, this.extra - CALM_STEP_S)
      this.changedAt = now
    }
    const error = gap - this.target
    if (gap > JUMP_S) return { kind: 'jump', behind: this.target }
    if (Math.abs(error) <= QUIET_S) return { kind: 'rate', rate: 1 }
    const nudge = Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, error * STRENGTH))
    // Steps of a hundredth: each change of speed costs the player a little work.
    return { kind: 'rate', rate: Math.round((1 + nudge) * 100) / 100 }
  }
}
