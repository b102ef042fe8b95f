/** Where one can go, and who: what somebody may not enter is not shown to them. */
import type { Rights } from '@/access'
import { ahead } from '@/base/ahead'
import type { IconName } from '@/base/icons'

export interface Place {
  name: 'live' | 'playback' | 'cameras' | 'access' | 'audit' | 'profile'
  to: string
  pattern: string
  icon: IconName
  /** Above the gap of the bar: what one works with all day. */
  above: boolean
  may: (rights: Rights) => boolean
  near?: () => void
}

export const PLACES: readonly Place[] = [
  { name: 'live', to: '/live', pattern: '/live', icon: 'live', above: true, may: (rights) => rights.some('live') },
  { name: 'playback', to: '/playback', pattern: '/playback', icon: 'playback', above: true, may: (rights) => rights.some('playback'), near: () => ahead.playback() },
  { name: 'cameras', to: '/cameras', pattern: '/cameras/:camera?', icon: 'cameras', above: true, may: (rights) => rights.some(null) },
  { name: 'access', to: '/access', pattern: '/access/*?', icon: 'users', above: false, may: (rights) => rights.system('users') || rights.system('roles') || rights.system('agencies') },
  { name: 'audit', to: '/audit', pattern: '/audit', icon: 'audit', above: false, may: (rights) => rights.system('audit') },
  { name: 'profile', to: '/profile', pattern: '/profile', icon: 'user', above: false, may: () => true },
]

/** Where somebody begins: the first place that is open to them. */
export function homeOf(rights: Rights): string {
  return PLACES.find((place) => place.may(rights))?.to ?? '/profile'
}
