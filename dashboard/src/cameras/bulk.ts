/** One act on many cameras: a few at a time, what failed is counted, what was done can be undone. */
import { changeCamera, removeCamera, restoreCamera, type Camera, type CameraPatch } from './api'

export type Bulk = { kind: 'change'; change: CameraPatch } | { kind: 'remove' }

export interface Done {
  /** Cameras for which it was done, as they were before. */
  before: Camera[]
  failed: { camera: Camera; fault: unknown }[]
}

const AT_A_TIME = 4

/** The cameras for which the act changes anything. */
export function touched(cameras: readonly Camera[], bulk: Bulk): Camera[] {
  if (bulk.kind === 'remove') return [...cameras]
  const keys = Object.keys(bulk.change) as (keyof CameraPatch & keyof Camera)[]
  return cameras.filter((camera) => keys.some((key) => camera[key] !== bulk.change[key]))
}

/** What of a camera has to be said to take the change back. */
export function wayBack(camera: Camera, change: CameraPatch): CameraPatch {
  const keys = Object.keys(change) as (keyof CameraPatch & keyof Camera)[]
  return Object.fromEntries(keys.map((key) => [key, camera[key]]))
}

async function each(cameras: readonly Camera[], act: (camera: Camera) => Promise<unknown>, onProgress: (done: number) => void): Promise<Done> {
  const done: Done = { before: [], failed: [] }
  const waiting = [...cameras]
  const worker = async () => {
    for (let camera = waiting.shift(); camera; camera = waiting.shift()) {
      try {
        await act(camera)
        done.before.push(camera)
      } catch (fault) {
        done.failed.push({ camera, fault })
      }
      onProgress(done.before.length + done.failed.length)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return done
}

export function doAll(cameras: readonly Camera[], bulk: Bulk, onProgress: (done: number) => void): Promise<Done> {
  return each(cameras, (camera) => (bulk.kind === 'remove' ? removeCamera(camera.id) : changeCamera(camera.id, bulk.change)), onProgress)
}

export function undoAll(before: readonly Camera[], bulk: Bulk, onProgress: (done: number) => void): Promise<Done> {
  return each(before, (camera) => (bulk.kind === 'remove' ? restoreCamera(camera.id) : changeCamera(camera.id, wayBack(camera, bulk.change))), onProgress)
}

/** The chosen ones after a click: one in or out, or with Shift everything from the last one clicked. */
export function choose(chosen: ReadonlySet<string>, shown: readonly string[], id: string, last: string | null, range: boolean): Set<string> {
  const next = new Set(chosen)
  const from = last === null ? -1 : shown.indexOf(last)
  const to = shown.indexOf(id)
  if (range && from >= 0 && to >= 0) for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one)
  else if (!next.delete(id)) next.add(id)
  return next
}
