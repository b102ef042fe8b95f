/** How the page's tiles lie: filled row by row, in as many columns as make the pictures largest. */
import { useEffect, useState, type RefObject } from 'react'

/** Most cameras are this wide for their height. */
const PICTURE = 16 / 9

export interface Size {
  width: number
  height: number
}

export function columnsOf(tiles: number, { width, height }: Size): number {
  let best = 1
  let largest = 0
  for (let columns = 1; columns <= tiles; columns += 1) {
    const picture = Math.min(width / columns, (height / Math.ceil(tiles / columns)) * PICTURE)
    // Of two that are as good, the one with fewer columns; a pixel is no gain.
    if (picture > largest + 1) {
      largest = picture
      best = columns
    }
  }
  return best
}

/** Before the stage has been measured it is as wide as most are. */
const UNKNOWN: Size = { width: 1600, height: 900 }

export function useColumns(stage: RefObject<HTMLElement | null>, tiles: number): number {
  const [size, setSize] = useState(UNKNOWN)
  useEffect(() => {
    const { current } = stage
    if (!current) return undefined
    const sizes = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {}
      if (width > 0 && height > 0) setSize({ width, height })
    })
    sizes.observe(current)
    return () => sizes.disconnect()
  }, [stage])
  return columnsOf(tiles, size)
}

const STEPS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** The tile on that side of one; from the end of a row to the next row, and at the edge above or below it stays. */
export function tileBeside(tiles: number, columns: number, from: number, key: string): number {
  const [across, down] = STEPS[key] ?? [0, 0]
  const to = from + across + down * columns
  if (across !== 0) return (to + tiles) % tiles
  return to >= 0 && to < tiles ? to : from
}

/** The arrow that the reader of this page means: what lies to the right comes before when one reads from there. */
export function arrowRead(key: string, rightToLeft: boolean): string {
  if (!rightToLeft) return key
  return { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' }[key] ?? key
}
