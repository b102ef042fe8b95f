/** How states look and sort: trouble first, and among troubles the one that a person can do most about. */
import type { StateName, Status } from './api'

export type Tone = 'good' | 'warn' | 'bad' | 'calm'

const TONES: Record<StateName, Tone> = {
  online: 'good', degraded: 'warn', connecting: 'warn', auth_failed: 'bad', refused: 'bad', no_video: 'bad', unusable: 'bad', off: 'calm',
}

const ORDER: StateName[] = ['auth_failed', 'refused', 'unusable', 'no_video', 'connecting', 'degraded', 'off', 'online']

export const STATES: readonly StateName[] = [...ORDER].reverse()

/** What is said of all of them in one word: that all is well only when nothing is off either. */
export function summaryOf(statuses: readonly Status[]): { troubled: number; off: number; word: 'troubled' | 'allOff' | 'someOff' | 'allWell' } {
  const troubled = statuses.filter(isTrouble).length
  const off = statuses.filter((one) => one.state === 'off').length
  return { troubled, off, word: troubled ? 'troubled' : off === 0 ? 'allWell' : off === statuses.length ? 'allOff' : 'someOff' }
}

/** Video comes, and does not get to the disk. */
export function isLost(status: Status): boolean {
  if (status.state !== 'online' && status.state !== 'degraded') return false
  return status.stream?.recording === false || (status.state === 'online' && Boolean(status.cause))
}

/** A state that nobody renews is not a state any more: it is shown as what it is, old. */
export function toneOf(status: Status): Tone {
  if (!status.fresh) return status.state === 'off' ? 'calm' : 'warn'
  return isLost(status) ? 'bad' : TONES[status.state]
}

export function rankOf(status: Status): number {
  return (isLost(status) ? -1 : ORDER.indexOf(status.state)) - (status.fresh ? 0 : 0.5)
}

export function isTrouble(status: Status): boolean {
  const tone = toneOf(status)
  return tone === 'bad' || tone === 'warn'
}
