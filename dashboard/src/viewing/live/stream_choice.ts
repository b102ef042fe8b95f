/** Which stream a tile needs: the small one until its pixels would be seen. */
import type { StreamName } from './wire'

/** Until a sub stream has said how wide it is. */
const USUAL_SUB_PX = 640
/** Stretched by more than this, a small picture looks soft. */
const SOFT = 1.25
/** Near the border the stream that is shown stays, so that dragging an edge does not switch to and fro. */
const STAY = 0.85

export interface Need {
  /** Width of the tile in device pixels. */
  widthPx: number
  hasSub: boolean
  subWidthPx: number | null
  /** What is shown now. */
  current: StreamName | null
  /** Streams that this browser cannot decode. */
  unplayable: readonly StreamName[]
}

export function chooseStream({ widthPx, hasSub, subWidthPx, current, unplayable }: Need): StreamName {
  if (!hasSub) return 'main'
  if (unplayable.includes('main') && !unplayable.includes('sub')) return 'sub'
  if (unplayable.includes('sub')) return 'main'
  const border = (subWidthPx ?? USUAL_SUB_PX) * SOFT * (current === 'main' ? STAY : 1)
  return widthPx > border ? 'main' : 'sub'
}
