/** What the timeline shows: a stretch of time on a number of pixels, and how gestures change it. */
import { DAY, SECOND } from '@/base/time'

export interface View {
  /** Left edge in milliseconds since the epoch. */
  from: number
  /** Milliseconds from edge to edge. */
  span: number
}

export const SHORTEST = 10 * SECOND
export const LONGEST = 62 * DAY

export function clampSpan(span: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, span))
}

export function atX(view: View, x: number, width: number): number {
  return view.from + (x / width) * view.span
}

export function xOf(view: View, moment: number, width: number): number {
  return ((moment - view.from) / view.span) * width
}

/** Zooms so that the moment under the pointer stays under it. */
export function zoomed(view: View, factor: number, x: number, width: number): View {
  const span = clampSpan(view.span * factor)
  const pinned = atX(view, x, width)
  return { from: pinned - (x / width) * span, span }
}

export function panned(view: View, dx: number, width: number): View {
  return { from: view.from - (dx / width) * view.span, span: view.span }
}

/** Two fingers: the moments under them stay under them. */
export function pinched(view: View, before: readonly [number, number], now: readonly [number, number], width: number): View {
  const apart = Math.max(1, Math.abs(now[1] - now[0]))
  const span = clampSpan((view.span * Math.abs(before[1] - before[0])) / apart)
  return { from: atX(view, (before[0] + before[1]) / 2, width) - ((now[0] + now[1]) / 2 / width) * span, span }
}

export function centred(moment: number, span: number): View {
  return { from: moment - span / 2, span: clampSpan(span) }
}

/** The view that keeps a running play head in sight: pages on when it nears the edge. */
export function following(view: View, head: number): View {
  const place = (head - view.from) / view.span
  if (place >= 0.02 && place <= 0.96) return view
  return place > 0.96 && place < 1.5 ? { from: head - view.span * 0.1, span: view.span } : centred(head, view.span)
}

/**
 * The range to ask the server for: larger than the view and on coarse steps, so that panning and small zooms
 * are answered by what is here already.
 */
export function fetchRange(view: View): { from: number; to: number } {
  const step = 2 ** Math.ceil(Math.log2(view.span))
  return { from: Math.floor((view.from - step / 2) / step) * step, to: Math.ceil((view.from + view.span + step / 2) / step) * step }
}
