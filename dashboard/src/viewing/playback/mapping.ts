/**
 * Wall clock to media time and back, over the fragments of a playlist.
 *
 * A playlist leaves gaps out, so media time is compressed: each fragment says when it was recorded
 * (EXT-X-PROGRAM-DATE-TIME, carried on by hls.js) and where it lies on the media's own line. Fragments are
 * read where hls.js keeps them, because it corrects `start` as real timestamps are parsed.
 */
export interface Piece {
  /** Seconds on the media's line. */
  start: number
  duration: number
  /** Milliseconds since the epoch. */
  programDateTime: number | null
}

/** Joins of a run are not gaps: differences of clocks and rounding stay below this. */
const JOIN_MS = 250

/** Times are rounded on their way: a frame may begin a hair before or after what its playlist says, in seconds. */
export const HAIR_S = 0.002

/** Where a moment lies: on the media's line, in a gap (with the next footage, if known), or beyond the pieces. */
export type Place = { kind: 'media'; time: number } | { kind: 'gap'; next: number } | { kind: 'before'; next: number } | { kind: 'after'; end: number } | { kind: 'nothing' }

function wallStart(pieces: readonly Piece[], index: number): number {
  return pieces[index]?.programDateTime ?? Number.NaN
}

function wallEnd(piece: Piece): number {
  return (piece.programDateTime ?? 0) + piece.duration * 1000
}

/** Index of the last piece that begins at or before the value; -1 when all begin after it. */
function lastAtOrBefore(pieces: readonly Piece[], value: number, read: (piece: Piece) => number): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    const piece = pieces[middle]
    if (piece && read(piece) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

export function placeOf(pieces: readonly Piece[], moment: number): Place {
  const first = pieces[0]
  const last = pieces[pieces.length - 1]
  if (!first || !last) return { kind: 'nothing' }
  const index = lastAtOrBefore(pieces, moment, (piece) => piece.programDateTime ?? 0)
  const piece = pieces[index]
  if (!piece) return { kind: 'before', next: wallStart(pieces, 0) }
  const into = moment - (piece.programDateTime ?? 0)
  if (into < piece.duration * 1000) return { kind: 'media', time: piece.start + into / 1000 }
  const next = pieces[index + 1]
  if (!next) return { kind: 'after', end: wallEnd(last) }
  // Between two pieces that follow each other: the end of the first is the start of the second.
  if ((next.programDateTime ?? 0) - wallEnd(piece) <= JOIN_MS) return { kind: 'media', time: next.start }
  return { kind: 'gap', next: next.programDateTime ?? 0 }
}

/** When the frame at this media time was recorded; NaN when nothing is known. */
export function momentOfMedia(pieces: readonly Piece[], time: number): number {
  // A frame's time may lie a hair before its fragment's start: it still belongs to it.
  const index = Math.max(0, lastAtOrBefore(pieces, time + HAIR_S, (piece) => piece.start))
  const piece = pieces[index]
  if (piece?.programDateTime == null) return Number.NaN
  const into = Math.min(Math.max(0, time - piece.start), piece.duration)
  return piece.programDateTime + into * 1000
}
