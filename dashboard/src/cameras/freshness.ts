/**
 * How old states are. Whether a state was fresh is part of the answer that carried it: when the list is not answered
 * any more, nobody knows.
 */
import { connection } from '@/base/connection'
import { Store, useStore } from '@/base/store'

/** A little more than the slow pace at which the list is asked for. */
const OLD_AFTER_MS = 14_000

const old = new Store(false)
let timer: ReturnType<typeof setTimeout> | undefined

/** To be called with each answer that has all cameras. */
export function listAnswered(): void {
  clearTimeout(timer)
  old.set(false)
  timer = setTimeout(() => old.set(true), OLD_AFTER_MS)
}

/** Nothing on the screen is renewed: the server is away, or the list was not answered lately. */
export function useOld(): boolean {
  const { lost } = useStore(connection)
  return useStore(old) || lost
}

/** For tests. */
export const listIsOld = old.get
