/**
 * What a player must know of the fragments that it appends (ISO/IEC 14496-12): when they begin, and which of them
 * begin with a key frame. A fragment is one picture, maybe with sound; a message is one or more fragments.
 */
export interface FragmentFacts {
  /** Decode time of its picture in seconds, on the feed's own line. */
  time: number
  key: boolean
}

const TICKS_PER_S = 90_000
const VIDEO_TRACK = 1
const MOOF = 0x6d6f6f66
const TRAF = 0x74726166
const TFHD = 0x74666864
const TFDT = 0x74666474
const TRUN = 0x7472756e

const NOT_SYNC = 0x0001_0000
const HAS_BASE_OFFSET = 0x1
const HAS_DESCRIPTION = 0x2
const HAS_DURATION = 0x8
const HAS_SIZE = 0x10
const HAS_FLAGS = 0x20
const TRUN_DATA_OFFSET = 0x1
const TRUN_FIRST_FLAGS = 0x4
const TRUN_DURATIONS = 0x100
const TRUN_SIZES = 0x200
const TRUN_FLAGS = 0x400

interface Box {
  type: number
  /** Of its content. */
  from: number
  to: number
}

function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  let at = from
  while (at + 8 <= to) {
    const size = view.getUint32(at)
    const end = at + size
    if (size < 8 || end > to) return
    yield { type: view.getUint32(at + 4), from: at + 8, to: end }
    at = end
  }
}

/** The fragments of a message, in their order; what cannot be read is left out. */
export function readFragments(message: ArrayBuffer): FragmentFacts[] {
  const view = new DataView(message)
  const found: FragmentFacts[] = []
  for (const box of boxes(view, 0, view.byteLength)) {
    if (box.type !== MOOF) continue
    for (const inner of boxes(view, box.from, box.to)) {
      const facts = inner.type === TRAF ? readTraf(view, inner) : null
      if (facts) found.push(facts)
    }
  }
  return found
}

function readTraf(view: DataView, traf: Box): FragmentFacts | null {
  let time = Number.NaN
  let flags = 0
  for (const box of boxes(view, traf.from, traf.to)) {
    if (box.type === TFHD) {
      if (view.getUint32(box.from + 4) !== VIDEO_TRACK) return null
      flags = defaultFlags(view, box.from)
    } else if (box.type === TFDT) {
      const ticks = view.getUint8(box.from) === 1 ? Number(view.getBigUint64(box.from + 4)) : view.getUint32(box.from + 4)
      time = ticks / TICKS_PER_S
    } else if (box.type === TRUN) {
      flags = firstFlags(view, box.from) ?? flags
    }
  }
  return Number.isFinite(time) ? { time, key: (flags & NOT_SYNC) === 0 } : null
}

function defaultFlags(view: DataView, at: number): number {
  const has = view.getUint32(at)
  if (!(has & HAS_FLAGS)) return NOT_SYNC
  let skip = 8
  if (has & HAS_BASE_OFFSET) skip += 8
  for (const field of [HAS_DESCRIPTION, HAS_DURATION, HAS_SIZE]) if (has & field) skip += 4
  return view.getUint32(at + skip)
}

function firstFlags(view: DataView, at: number): number | null {
  const has = view.getUint32(at)
  const rows = at + 8 + (has & TRUN_DATA_OFFSET ? 4 : 0)
  if (has & TRUN_FIRST_FLAGS) return view.getUint32(rows)
  if (!(has & TRUN_FLAGS)) return null
  return view.getUint32(rows + (has & TRUN_DURATIONS ? 4 : 0) + (has & TRUN_SIZES ? 4 : 0))
}
