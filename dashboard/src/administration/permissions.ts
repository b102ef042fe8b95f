/** Permissions as a table of ticks: a row an agency (or any), a column a verb; and the rights on the system. */
import type { SystemRight, Verb } from '@/access'

export const VERBS: readonly Verb[] = ['live', 'playback', 'ptz', 'export', 'manage']
export const SYSTEM_RIGHTS: readonly SystemRight[] = ['users', 'roles', 'agencies', 'audit', 'storage', 'metrics', 'describe']
export const ANY = '*'

export const onCamera = (agency: string, verb: Verb) => `camera:${agency}:${verb}`
export const onSystem = (right: SystemRight) => `system:${right}`

/** Agencies that the permissions name, each once. */
export function agenciesIn(permissions: readonly string[]): string[] {
  const found = permissions.flatMap((one) => /^camera:([^:*]+):/.exec(one)?.[1] ?? [])
  return [...new Set(found)].sort()
}

export function toggled(permissions: readonly string[], one: string, on: boolean): string[] {
  const rest = permissions.filter((known) => known !== one)
  return on ? [...rest, one].sort() : rest
}

export function touchesSystem(permissions: readonly string[]): boolean {
  return permissions.some((one) => one.startsWith('system:'))
}

export interface Summary {
  /** Verbs by agency; `*` first. */
  cameras: { agency: string; verbs: Verb[] }[]
  system: SystemRight[]
}

export function summaryOf(permissions: readonly string[]): Summary {
  const has = new Set(permissions)
  const rows = [ANY, ...agenciesIn(permissions)].map((agency) => ({ agency, verbs: VERBS.filter((verb) => has.has(onCamera(agency, verb))) }))
  return { cameras: rows.filter((row) => row.verbs.length > 0), system: SYSTEM_RIGHTS.filter((right) => has.has(onSystem(right))) }
}

/** A code for a role from its name: what the server takes for one. */
export function codeOf(name: string): string {
  const code = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 40)
  return code.replace(/-+$/, '')
}
