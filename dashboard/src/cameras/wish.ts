/** Search, filters and order live in the address: a colleague who gets the link sees the same list. */
import type { StateName } from './api'
import type { SortKey, Wish } from './list'
import { STATES } from './states'

const SORTS: readonly SortKey[] = ['state', 'name', 'agency', 'place', 'video', 'rate']

export function readWish(query: string): Wish {
  const read = new URLSearchParams(query)
  const sort = read.get('sort') ?? ''
  const key = sort.replace(/^-/, '') as SortKey
  const state = read.get('state') as StateName | null
  return {
    search: read.get('q') ?? '',
    agency: read.get('agency'),
    state: state && STATES.includes(state) ? state : null,
    sort: SORTS.includes(key) ? key : 'state',
    descending: sort.startsWith('-'),
  }
}

export function writeWish(wish: Wish): string {
  const written = new URLSearchParams()
  if (wish.search) written.set('q', wish.search)
  if (wish.agency) written.set('agency', wish.agency)
  if (wish.state) written.set('state', wish.state)
  if (wish.sort !== 'state' || wish.descending) written.set('sort', `${wish.descending ? '-' : ''}${wish.sort}`)
  const text = written.toString()
  return text ? `?${text}` : ''
}
