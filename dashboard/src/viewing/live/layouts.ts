/** How tiles divide the page. A cell is column, row, and how many columns and rows it spans, from 1. */
export interface Cell {
  column: number
  row: number
  columns: number
  rows: number
}

export interface Layout {
  id: LayoutId
  /** The key that chooses it. */
  key: string
  columns: number
  rows: number
  cells: readonly Cell[]
}

export type LayoutId = '1' | '4' | '9' | '16' | '25' | '36' | '1+5' | '1+7' | '2'

function even(id: LayoutId, key: string, columns: number, rows: number): Layout {
  const cells = Array.from({ length: columns * rows }, (_, index) => ({ column: (index % columns) + 1, row: Math.floor(index / columns) + 1, columns: 1, rows: 1 }))
  return { id, key, columns, rows, cells }
}

/** One large tile, and small ones along its right side and below it. */
function focus(id: LayoutId, key: string, side: number): Layout {
  const small = { columns: 1, rows: 1 }
  const cells: Cell[] = [{ column: 1, row: 1, columns: side - 1, rows: side - 1 }]
  for (let row = 1; row < side; row += 1) cells.push({ column: side, row, ...small })
  for (let column = 1; column <= side; column += 1) cells.push({ column, row: side, ...small })
  return { id, key, columns: side, rows: side, cells }
}

export const LAYOUTS: readonly Layout[] = [
  even('1', '1', 1, 1), even('4', '2', 2, 2), even('9', '3', 3, 3), even('16', '4', 4, 4), even('25', '5', 5, 5), even('36', '6', 6, 6),
  focus('1+5', '7', 3), focus('1+7', '8', 4), even('2', '9', 2, 1),
]

/** Layouts that grow one into the next as cameras are added. */
const GROWTH: readonly LayoutId[] = ['1', '4', '9', '16', '25', '36']

export function layoutOf(id: string | null | undefined): Layout | null {
  return LAYOUTS.find((layout) => layout.id === id) ?? null
}

export function theLayout(id: LayoutId): Layout {
  const found = layoutOf(id)
  if (!found) throw new Error(`no layout ${id}`)
  return found
}

/** The smallest even layout with room for so many; the largest there is when none has. */
export function layoutFor(count: number): Layout {
  return theLayout(GROWTH.find((id) => Number(id) >= count) ?? '36')
}

/** The tile beside one in a direction: the one whose middle lies nearest on that side. */
export function neighbour(layout: Layout, index: number, dx: number, dy: number): number {
  const from = layout.cells[index]
  if (!from) return 0
  let best = index
  let least = Infinity
  layout.cells.forEach((cell, at) => {
    const right = cell.column + cell.columns / 2 - (from.column + from.columns / 2)
    const down = cell.row + cell.rows / 2 - (from.row + from.rows / 2)
    const along = right * dx + down * dy
    const across = Math.abs(right * dy) + Math.abs(down * dx)
    if (at === index || along <= 0.01) return
    const far = along + 2 * across
    if (far < least) {
      least = far
      best = at
    }
  })
  return best
}
