/** Keeps the server's clock known: how late a live picture is must not depend on the clock of this machine. */
import { useQuery } from '@tanstack/react-query'
import { http } from '@/base/api/http'
import type { components } from '@/base/api/schema'
import { heardServerTime } from '@/base/server_clock'

const ASK_EVERY_MS = 60_000

export function useServerTime(): void {
  useQuery({
    queryKey: ['system'],
    queryFn: async ({ signal }) => {
      const asked = Date.now()
      const system = await http.get<components['schemas']['SystemInfo']>('/api/v1/system', {}, signal)
      heardServerTime(Date.parse(system.now), asked, Date.now())
      return system
    },
    refetchInterval: ASK_EVERY_MS,
  })
}
