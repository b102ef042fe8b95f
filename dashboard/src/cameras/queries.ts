/**
 * Cameras as the pages read them. States are told by `/ws/events`; what nobody tells (bit rates, a recorder that
 * died without a word) is asked for at a slow pace, and troubles, whose reasons count seconds, at a quick one.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { connection } from '@/base/connection'
import { events } from '@/base/events'
import { fetchAgencies, fetchCamera, fetchCameras, fetchGroups, fetchHistory, fetchTroubled, type Camera } from './api'
import { listAnswered } from './freshness'
import { withNews } from './news'
import { isTrouble } from './states'

const CALM_MS = 10_000
const QUICK_MS = 2000

const pace = () => (events.hears && !connection.doubtful ? CALM_MS : QUICK_MS)

/** Asks at a steady pace: `refetchInterval` would begin anew with every change that is told. */
function usePace(): void {
  const client = useQueryClient()
  useEffect(() => {
    let askedAt = performance.now()
    const timer = setInterval(() => {
      if (performance.now() - askedAt < pace()) return
      askedAt = performance.now()
      void client.refetchQueries({ queryKey: ['cameras'], exact: true, type: 'active' }, { cancelRefetch: false })
    }, QUICK_MS / 2)
    return () => clearInterval(timer)
  }, [client])
}

export function useCameras() {
  const client = useQueryClient()
  usePace()
  const all = useQuery({
    queryKey: ['cameras'],
    queryFn: async ({ signal }) => {
      const asked = performance.now()
      const cameras = withNews(await fetchCameras(signal), asked)
      listAnswered()
      return cameras
    },
  })
  useQuery({
    queryKey: ['cameras', 'troubled'],
    queryFn: async ({ signal }) => {
      const asked = performance.now()
      const states = new Map(withNews(await fetchTroubled(signal), asked).map((camera) => [camera.id, camera.status]))
      client.setQueryData<Camera[]>(['cameras'], (known) => known?.map((one) => {
        const status = states.get(one.id)
        return status ? { ...one, status } : one
      }))
      return states.size
    },
    enabled: all.data?.some((camera) => isTrouble(camera.status)) ?? false,
    refetchInterval: QUICK_MS,
  })
  return all
}

export function useCamera(id: string) {
  return useQuery({
    queryKey: ['camera', id],
    queryFn: async ({ signal }) => {
      const asked = performance.now()
      const camera = await fetchCamera(id, signal)
      return withNews([camera], asked)[0] ?? camera
    },
    refetchInterval: ({ state }) => (state.data && !isTrouble(state.data.status) ? pace() : QUICK_MS),
  })
}

export function useHistory(id: string) {
  return useQuery({ queryKey: ['camera', id, 'history'], queryFn: ({ signal }) => fetchHistory(id, signal), refetchInterval: CALM_MS })
}

export function useAgencies() {
  return useQuery({ queryKey: ['agencies'], queryFn: ({ signal }) => fetchAgencies(signal), staleTime: 300_000 })
}

export function useGroups() {
  return useQuery({ queryKey: ['groups'], queryFn: ({ signal }) => fetchGroups(signal), staleTime: 30_000 })
}
