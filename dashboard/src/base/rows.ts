/** Moving through a list with the keyboard. */

/** The row that many further on, from the chosen one or from where one was last; at first from the list's end. */
export function rowFrom(ids: readonly string[], selected: string | null, last: string | null, by: number): string | undefined {
  const found = selected === null ? -1 : ids.indexOf(selected)
  const at = found < 0 && last !== null ? ids.indexOf(last) : found
  return ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + by))]
}
