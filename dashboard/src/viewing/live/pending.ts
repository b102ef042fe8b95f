/**
 * What came and is not in the SourceBuffer yet. Bounded: who cannot keep up loses what is older than the latest
 * key frame, never memory.
 */
import type { FragmentFacts } from './fragments'

/** What a SourceBuffer needs at the head of new parameters. */
export interface Head {
  kind: 'head'
  mime: string
  init: ArrayBuffer
}

export interface Media {
  kind: 'media'
  data: ArrayBuffer
  facts: FragmentFacts[]
}

export type Piece = Head | Media

/** The GOP at hand, of which the service keeps 8 MB, and what comes until it is appended. */
const MOST_BYTES = 10_000_000
/** Several messages become one append: when many wait, fewer and larger ones are cheaper. */
const APPEND_BYTES = 1_000_000

export class Pending {
  private pieces: Piece[] = []
  private bytes = 0
  /** Messages left out because too much waited. */
  dropped = 0

  constructor(private readonly mostBytes = MOST_BYTES) {}

  get size(): number {
    return this.bytes
  }

  head(mime: string, init: ArrayBuffer): void {
    // What waits for older parameters is older than what comes now: nobody would see it.
    this.clear()
    this.pieces.push({ kind: 'head', mime, init })
  }

  media(data: ArrayBuffer, facts: FragmentFacts[]): void {
    this.pieces.push({ kind: 'media', data, facts })
    this.bytes += data.byteLength
    if (this.bytes > this.mostBytes) this.drop()
  }

  /** A head by itself, or media as one stretch of bytes; null when nothing waits. */
  take(): Piece | null {
    const first = this.pieces.shift()
    if (!first || first.kind === 'head') return first ?? null
    const parts = [first]
    let bytes = first.data.byteLength
    for (let next = this.pieces[0]; next?.kind === 'media' && bytes + next.data.byteLength <= APPEND_BYTES; next = this.pieces[0]) {
      this.pieces.shift()
      parts.push(next)
      bytes += next.data.byteLength
    }
    this.bytes -= bytes
    return parts.length === 1 ? first : { kind: 'media', data: joined(parts, bytes), facts: parts.flatMap((part) => part.facts) }
  }

  /** Puts back what could not be appended. */
  back(piece: Piece): void {
    this.pieces.unshift(piece)
    if (piece.kind === 'media') this.bytes += piece.data.byteLength
  }

  clear(): void {
    this.pieces = []
    this.bytes = 0
  }

  /** Keeps heads, and media from the latest key frame on; not even that when it alone is too much. */
  private drop(): void {
    const latest = this.pieces.findLastIndex((piece) => piece.kind === 'media' && piece.facts[0]?.key === true)
    let kept = this.pieces.filter((piece, index) => piece.kind === 'head' || (latest >= 0 && index >= latest))
    const bytesOf = (pieces: Piece[]) => pieces.reduce((sum, piece) => sum + (piece.kind === 'media' ? piece.data.byteLength : 0), 0)
    if (bytesOf(kept) > this.mostBytes) kept = kept.filter((piece) => piece.kind === 'head')
    this.dropped += this.pieces.length - kept.length
    this.pieces = kept
    this.bytes = bytesOf(kept)
  }
}

function joined(parts: Media[], bytes: number): ArrayBuffer {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(new Uint8Array(part.data), at)
    at += part.data.byteLength
  }
  return whole.buffer
}
