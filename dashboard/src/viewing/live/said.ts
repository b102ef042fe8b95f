/** Whose word on a camera's state counts: what the tile writes and what its footer shows are one. */
import { isLost, type Camera } from '@/cameras'
import type { ScreenView } from './screen'

type Status = Camera['status']

const STATES: ReadonlySet<string> = new Set<Status['state']>(['online', 'degraded', 'connecting', 'auth_failed', 'refused', 'no_video', 'unusable', 'off'])

export function isState(name: string): name is Status['state'] {
  return STATES.has(name)
}

/** The state of the source that says why there is no picture. */
export function shownStatus(status: Status, { connected, refusal, said }: Pick<ScreenView, 'connected' | 'refusal' | 'said'>): Status {
  // That it was online once is no state of a tile that nobody answers.
  if (refusal || !connected) return { ...status, fresh: false }
  if ((status.state !== 'online' && status.fresh) || !said || said.state === 'online') return status
  return isState(said.state) ? { ...status, state: said.state, fresh: true } : { ...status, fresh: false }
}

/** Whether what is seen gets to the disk, as far as somebody vouches for it now. */
export function isRecorded(status: Status | undefined, old: boolean): boolean {
  return status !== undefined && status.fresh && !old && status.stream?.recording === true
}

/** What is wrong although pictures move. Cameras that nobody records are `off`, which is no trouble. */
export function troubleBeside(status: Status | undefined, old: boolean): Status | null {
  if (!status?.fresh || old || status.state === 'off') return null
  return status.state !== 'online' || isLost(status) ? status : null
}
