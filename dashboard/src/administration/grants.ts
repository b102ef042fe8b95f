/** Which grants are shown, and how long each still holds. */
import type { Grant } from './api'

export interface GrantWish {
  user: string | null
  role: string | null
  words: string
  /** Those that have ended, too. */
  ended: boolean
}

const SOON_MS = 24 * 3600_000

export function lifeOf(grant: Pick<Grant, 'until'>, now: number): 'lasting' | 'holds' | 'soon' | 'ended' {
  if (!grant.until) return 'lasting'
  const left = Date.parse(grant.until) - now
  return left <= 0 ? 'ended' : left < SOON_MS ? 'soon' : 'holds'
}

export function readGrantWish(query: string): GrantWish {
  const read = new URLSearchParams(query)
  return { user: read.get('user'), role: read.get('role'), words: read.get('q') ?? '', ended: read.has('ended') }
}

export function writeGrantWish({ user, role, words, ended }: GrantWish): string {
  const written = new URLSearchParams()
  if (user) written.set('user', user)
  if (role) written.set('role', role)
  if (words) written.set('q', words)
  if (ended) written.set('ended', '')
  const text = written.toString()
  return text ? `?${text}` : ''
}

/** `words` are looked for in what the row shows. */
export function chosenGrants<G extends Grant>(grants: readonly G[], wish: GrantWish, now: number, textOf: (grant: G) => string): G[] {
  const words = wish.words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return grants.filter((grant) => {
    if (wish.user && grant.user_id !== wish.user) return false
    if (wish.role && grant.role !== wish.role) return false
    if (!wish.ended && lifeOf(grant, now) === 'ended') return false
    const text = textOf(grant).toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
