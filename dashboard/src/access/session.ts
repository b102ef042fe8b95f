/** Who is signed in here, as the server says. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo } from 'react'
import { Problem } from '@/base/api/http'
import { refusals } from '@/base/api/standing'
import { purpose } from '@/base/purpose'
import { serverNow } from '@/base/server_clock'
import { useStore } from '@/base/store'
import { myRights, whoAmI, type Session } from './api'
import { rightsOf, type Rights } from './rights'

const KEY = ['session']

/** `undefined` while nobody knows; `null` for nobody. */
export function useSession(): Session | null | undefined {
  const client = useQueryClient()
  const refused = useStore(refusals)
  const { data, error } = useQuery({ queryKey: KEY, queryFn: whoAmI, retry: (_, fault) => fault instanceof Problem && fault.away, retryDelay: 1000, staleTime: 60_000 })
  useEffect(() => {
    // One refusal is the answer about the session itself; any other makes us ask.
    if (refused > 0) void client.invalidateQueries({ queryKey: KEY, refetchType: client.getQueryState(KEY)?.status === 'success' ? 'active' : 'none' })
  }, [client, refused])
  if (error instanceof Problem && error.status === 401) return null
  return data
}

const RIGHTS_MS = 15_000

/** What whoever is signed in may do; `undefined` until the server has said it. Told anew within seconds of a change. */
export function useKnownRights(wanted: boolean): Rights | undefined {
  const { data } = useQuery({ queryKey: ['rights'], queryFn: myRights, enabled: wanted, retry: (_, fault) => fault instanceof Problem && fault.away, retryDelay: 1000, refetchInterval: RIGHTS_MS })
  return useMemo(() => data && rightsOf(data, serverNow), [data])
}

/** To be called when the server refused what the rights that are known allow. */
export function useAskRights(): () => void {
  const client = useQueryClient()
  return useCallback(() => void client.invalidateQueries({ queryKey: ['rights'] }), [client])
}

/** Nothing where nobody knows: behind the door it is always known. */
export function useRights(): Rights {
  return useKnownRights(true) ?? NOTHING
}

const NOTHING: Rights = rightsOf({ system: [], cameras: [] }, serverNow)

export function useTaking(): (session: Session | null) => void {
  const client = useQueryClient()
  return (session) => {
    purpose.set(null)
    // What one person saw is not shown to the next.
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] })
    if (session) client.setQueryData(KEY, session)
    else void client.resetQueries({ queryKey: KEY })
  }
}
