/** Which moment a picture shows: the server says now and then which media time is which wall clock. */
interface Tie {
  /** Seconds on the player's line. */
  at: number
  wallMs: number
}

const KEPT = 6

export class Ties {
  private ties: Tie[] = []

  add(at: number, wallMs: number): void {
    this.ties = [...this.ties.filter((tie) => tie.at < at), { at, wallMs }].slice(-KEPT)
  }

  /** Milliseconds since the epoch of the picture at this media time; NaN while nothing is known. */
  momentOf(at: number): number {
    // A frame's time may be a hair before the tie that came with it.
    const tie = this.ties.findLast((one) => one.at <= at + 0.01) ?? this.ties[0]
    return tie ? tie.wallMs + (at - tie.at) * 1000 : Number.NaN
  }
}
