/** Which camera is in which tile. Slots go on beyond the layout: the next pages of the same wall. Pure. */
export type Slots = readonly (string | null)[]

function trimmed(slots: (string | null)[]): (string | null)[] {
  const end = slots.findLastIndex((slot) => slot !== null) + 1
  return slots.slice(0, end)
}

function reaching(slots: Slots, length: number): (string | null)[] {
  return [...slots, ...Array.from({ length: Math.max(0, length - slots.length) }, () => null)]
}

/** The camera in that slot; one that is elsewhere already changes places with what is there. */
export function put(slots: Slots, camera: string, at: number): (string | null)[] {
  const next = reaching(slots, at + 1)
  const from = next.indexOf(camera)
  if (from >= 0) next[from] = next[at] ?? null
  next[at] = camera
  return trimmed(next)
}

export function takeOut(slots: Slots, camera: string): (string | null)[] {
  return trimmed(slots.map((slot) => (slot === camera ? null : slot)))
}

/** The first free slot among `from` to `from + count`; -1 when all are taken. */
export function firstFree(slots: Slots, from: number, count: number): number {
  for (let at = from; at < from + count; at += 1) if ((slots[at] ?? null) === null) return at
  return -1
}

export function chosen(slots: Slots): string[] {
  return slots.filter((slot) => slot !== null)
}
