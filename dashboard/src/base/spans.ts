/** Half-open stretches of time in milliseconds, sorted and without overlap unless said otherwise. */
export interface Span {
  from: number
  to: number
}

export function covers(span: Span, at: number): boolean {
  return span.from <= at && at < span.to
}

/** Index of the first span that ends after the moment (binary search); `spans.length` when there is none. */
export function firstEndingAfter(spans: readonly Span[], at: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    const span = spans[middle]
    if (span && span.to > at) high = middle
    else low = middle + 1
  }
  return low
}

export function spanAt<T extends Span>(spans: readonly T[], at: number): T | null {
  const span = spans[firstEndingAfter(spans, at)]
  return span && covers(span, at) ? span : null
}

/** Milliseconds of the whole that the spans cover. */
export function covered(spans: readonly Span[], whole: Span): number {
  let sum = 0
  for (const span of spans) sum += Math.max(0, Math.min(span.to, whole.to) - Math.max(span.from, whole.from))
  return sum
}
