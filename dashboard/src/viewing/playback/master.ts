/**
 * The one wall clock that all tiles follow. It runs at the chosen speed from this machine's steady clock; it is
 * held, without being paused, while a tile that should show footage has none ready. Where it stands, it stands on a
 * whole millisecond: an address says no less, so whoever opens it sees the same frame.
 */
export type SteadyClock = () => number

export class MasterClock {
  private base: number
  private since: number
  private speed = 1
  private wanted = false
  private isHeld = false

  constructor(moment: number, private readonly steady: SteadyClock = () => performance.now()) {
    this.base = moment
    this.since = steady()
  }

  /** The moment that tiles should show now. */
  moment(): number {
    return this.running ? this.base + (this.steady() - this.since) * this.speed : this.base
  }

  get rate(): number {
    return this.speed
  }

  get playing(): boolean {
    return this.wanted
  }

  get held(): boolean {
    return this.isHeld
  }

  get running(): boolean {
    return this.wanted && !this.isHeld
  }

  private rebase(change: () => void): void {
    this.base = this.moment()
    this.since = this.steady()
    change()
  }

  seek(moment: number): void {
    this.rebase(() => undefined)
    this.base = Math.round(moment)
  }

  play(): void {
    this.rebase(() => (this.wanted = true))
  }

  pause(): void {
    this.rebase(() => (this.wanted = false))
    this.base = Math.round(this.base)
  }

  setRate(rate: number): void {
    this.rebase(() => (this.speed = rate))
  }

  hold(held: boolean): void {
    if (held !== this.isHeld) this.rebase(() => (this.isHeld = held))
  }
}
