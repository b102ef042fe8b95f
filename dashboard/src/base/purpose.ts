/**
 * Why recordings are looked at. Where an agency wants to know, it is asked once; then it goes with everything that is
 * played back or taken, is kept with each entry of the audit, and stays in sight until it is put away.
 */
import { Store } from './store'

export interface Purpose {
  case_ref: string
  reason: string
}

export const purpose = new Store<Purpose | null>(null)

export const NEEDED = 'purpose_needed'

/** As requests for recordings carry it. */
export function purposeFields(): Partial<Purpose> {
  return purpose.get() ?? {}
}
