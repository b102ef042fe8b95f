/**
 * States as they are told. An answer that was asked for before the news came may arrive after it: the news is kept
 * for a while and wins over older answers.
 */
import type { Camera, Status } from './api'

interface News {
  status: Status
  /** On the clock of performance.now(). */
  at: number
}

const told = new Map<string, News>()

export function hear(camera: string, status: Status, at = performance.now()): void {
  told.set(camera, { status, at })
}

/** The cameras of an answer that was asked for at `asked`, with what was told since. */
export function withNews<C extends Pick<Camera, 'id' | 'status'>>(cameras: readonly C[], asked: number): C[] {
  return cameras.map((camera) => {
    const news = told.get(camera.id)
    return news && news.at >= asked ? { ...camera, status: news.status } : camera
  })
}
