/** Counts the answers that say that nobody is signed in (any more): the shell then asks who we are. */
import { Store } from '../store'

export const refusals = new Store(0)

export function refused(status: number): void {
  if (status === 401) refusals.set(refusals.get() + 1)
}
