/** What whoever is signed in may do: what they may not is not shown. The server asks anew at every request. */
import type { components } from '@/base/api/schema'

export type Verb = 'live' | 'playback' | 'ptz' | 'export' | 'manage'
export type SystemRight = 'users' | 'roles' | 'agencies' | 'audit' | 'storage' | 'metrics' | 'describe'

/** A camera as rights see it: whose it is. */
export interface Owned {
  id: string
  agency: string
  group_id?: string | null
}

export interface Rights {
  system: (right: SystemRight) => boolean
  /** The verb (null: any) with at least one camera. */
  some: (verb: Verb | null) => boolean
  may: (verb: Verb, camera: Owned) => boolean
}

type Wire = components['schemas']['RightsOut']
type Hold = Wire['cameras'][number]

/** As the server reads them; `now` is asked each time, for rights end by themselves. */
export function rightsOf(wire: Wire, now: () => number): Rights {
  const system = new Set(wire.system)
  const counts = (hold: Hold) => hold.until === null || now() < Date.parse(hold.until)
  const has = (hold: Hold, camera: Owned) =>
    (hold.agency === null || hold.agency === camera.agency) && (hold.group === null || hold.group === camera.group_id) && (hold.camera === null || hold.camera === camera.id)
  return {
    system: (right) => system.has(right),
    some: (verb) => wire.cameras.some((hold) => (verb === null || hold.verb === verb) && counts(hold)),
    may: (verb, camera) => wire.cameras.some((hold) => hold.verb === verb && counts(hold) && has(hold, camera)),
  }
}
