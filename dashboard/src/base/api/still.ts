/** Pictures of recorded moments. The server gives the nearest frame that it has, and says which that is. */
import { isoText } from '../time'
import { purposeFields } from '../purpose'
import { Problem, problemOf, withQuery } from './http'

export function stillUrl(camera: string, moment: number, width: number, exact = false): string {
  return withQuery('/api/v1/playback/still', { camera, at: isoText(moment), width, ...(exact ? { exact } : {}), ...purposeFields() })
}

export interface Still {
  url: string
  /** When the frame that it shows was recorded; null when the server does not say. */
  moment: number | null
}

/**
 * A picture of a moment as an object URL (to be revoked by whoever shows it), with the time of its frame; null where
 * there is none. Whatever else the server says is thrown: to ask again for what is refused only fills its audit.
 */
export async function askStill(camera: string, moment: number, width: number, signal: AbortSignal): Promise<Still | null> {
  const response = await fetch(stillUrl(camera, moment, width), { signal })
  if (response.status === 404) return null
  if (!response.ok) throw await problemOf(response)
  const said = Date.parse(response.headers.get('x-frame-time') ?? '')
  return { url: URL.createObjectURL(await response.blob()), moment: Number.isFinite(said) ? said : null }
}

/** The same for those to whom every reason is one. */
export async function fetchStill(camera: string, moment: number, width: number, signal: AbortSignal): Promise<Still | null> {
  try {
    return await askStill(camera, moment, width, signal)
  } catch (fault) {
    if (fault instanceof Problem) return null
    throw fault
  }
}
