/** What the timeline shows: fetched for more than is in sight, so that panning finds it here. */
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { serverNow } from '@/base/server_clock'
import type { Span } from '@/base/spans'
import type { Store } from '@/base/store'
import { HOUR } from '@/base/time'
import { fetchTimeline, type Timeline } from './api'
import { fetchRange, type View } from './timeline/view'

const SETTLE_MS = 80

function useFetchRange(view: Store<View>): Span {
  const [range, setRange] = useState(() => fetchRange(view.get()))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = view.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        const next = fetchRange(view.get())
        setRange((before) => (before.from === next.from && before.to === next.to ? before : next))
      }, SETTLE_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [view])
  return range
}

export function useTimeline(cameras: readonly string[], view: Store<View>): UseQueryResult<Timeline> {
  const range = useFetchRange(view)
  return useQuery({
    queryKey: ['timeline', cameras, range.from, range.to],
    queryFn: ({ signal }) => fetchTimeline(cameras, range, signal),
    enabled: cameras.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 1000,
    // The end of the footage moves only where the present is in sight; what could not be loaded is tried again.
    refetchInterval: ({ state }) => (state.status === 'error' ? 2000 : range.to > serverNow() ? (range.to - range.from > 24 * HOUR ? 10_000 : 2000) : false),
  })
}
