/** A search of the audit. It lives in the address: a colleague who gets the link sees the same entries. */
import type { Query } from '@/base/api/http'
import { isoText } from '@/base/time'
import { fieldOfMoment, momentOfField } from './stamp'

export const FIELDS = ['from', 'to', 'actor', 'action', 'camera', 'agency', 'result', 'case', 'address'] as const
export type Field = (typeof FIELDS)[number]
/** `from` and `to` as a field for date and time holds them, by the site's clock. */
export type AuditWish = Readonly<Partial<Record<Field, string>>>

/** Kinds of what is done, as the beginning of an action up to the dot. */
export const KINDS = ['session', 'user', 'key', 'grant', 'role', 'agency', 'group', 'camera', 'live', 'playback', 'recordings', 'audit', 'access', 'permission_names', 'keys'] as const
export const RESULTS = ['done', 'refused', 'failed', 'began'] as const

export function readAuditWish(query: string): AuditWish {
  const read = new URLSearchParams(query)
  const wish: Partial<Record<Field, string>> = {}
  for (const field of FIELDS) {
    const value = read.get(field)?.trim()
    if (value) wish[field] = value
  }
  return wish
}

export function writeAuditWish(wish: AuditWish, more: Record<string, string> = {}): string {
  const written = new URLSearchParams(more)
  for (const field of FIELDS) if (wish[field]) written.set(field, wish[field])
  const text = written.toString()
  return text ? `?${text}` : ''
}

export function queryOf(wish: AuditWish): Query {
  const moment = (text: string | undefined) => {
    const at = text === undefined ? null : momentOfField(text)
    return at === null ? null : isoText(at)
  }
  return {
    from: moment(wish.from), to: moment(wish.to), actor: wish.actor, action: wish.action, camera: wish.camera,
    agency: wish.agency, result: wish.result, case_ref: wish.case, address: wish.address,
  }
}

/** The last so many milliseconds. */
export function since(ms: number, now: number): Pick<AuditWish, 'from'> {
  return { from: fieldOfMoment(now - ms) }
}
