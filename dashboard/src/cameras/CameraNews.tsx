import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { events, type ServerEvent } from '@/base/events'
import type { Camera, Status } from './api'
import { hear } from './news'

/** Many changes at once (an import) are one question. */
const GATHER_MS = 300

function apply(client: QueryClient, { data }: ServerEvent): void {
  const { camera, ...rest } = data as unknown as { camera: string } & Status
  const status: Status = rest
  hear(camera, status)
  client.setQueryData<Camera[]>(['cameras'], (known) => known?.map((one) => (one.id === camera ? { ...one, status } : one)))
  client.setQueryData<Camera>(['camera', camera], (known) => known && { ...known, status })
  void client.invalidateQueries({ queryKey: ['camera', camera, 'history'] })
}

/** Puts what the server tells of cameras where every page reads it. What is loaded anew by hand only is left alone. */
export function CameraNews() {
  const client = useQueryClient()
  useEffect(() => {
    let gathered: ReturnType<typeof setTimeout> | undefined
    const stop = events.subscribe((event) => {
      if (event.type === 'CAMERA_STATUS') apply(client, event)
      else if (event.type === 'RESYNC') void client.invalidateQueries({ predicate: ({ meta }) => !meta?.byHand })
      else if (event.type === 'CAMERAS_CHANGED') {
        gathered ??= setTimeout(() => {
          gathered = undefined
          void client.invalidateQueries({ queryKey: ['cameras'] })
          void client.invalidateQueries({ queryKey: ['camera'] })
        }, GATHER_MS)
      }
    })
    return () => {
      stop()
      clearTimeout(gathered)
    }
  }, [client])
  return null
}
