/** Draws the timeline. Knows pixels and colours, nothing of React, pointers or servers. */
import { clockText, dayText } from '@/base/time'
import type { Span } from '@/base/spans'
import type { CameraTimeline } from '../api'
import { ruler } from './ticks'
import { xOf, type View } from './view'

export const RULER_PX = 22
/** A row is taller while there are few. */
export function rowPx(rows: number): number {
  return rows <= 1 ? 36 : rows <= 3 ? 28 : 24
}

export interface Row {
  camera: string
  selected: boolean
  timeline: CameraTimeline | null
}

export interface Scene {
  view: View
  rows: readonly Row[]
  head: number
  now: number
  /** Marked range, if any; with its ends not yet ordered while it is drawn. */
  range: Span | null
  hover: number | null
  language: string
  /** What the loaded timelines cover: outside it nothing is known yet. */
  known: Span | null
}

export interface Inks {
  ground: string
  panel: string
  line: string
  text: string
  faint: string
  accent: string
  footage: string
  footageSelected: string
  gap: string
  recording: string
}

export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    ground: read('--ground'), panel: read('--panel'), line: read('--line'), text: read('--text'), faint: read('--text-faint'), accent: read('--accent'),
    footage: read('--footage'), footageSelected: read('--footage-selected'), gap: read('--gap'), recording: read('--recording'),
  }
}

let hatch: { ink: string; scale: number; pattern: CanvasPattern } | null = null

function hatchOf(context: CanvasRenderingContext2D, ink: string, scale: number): CanvasPattern | string {
  if (hatch?.ink === ink && hatch.scale === scale) return hatch.pattern
  const tile = document.createElement('canvas')
  const size = Math.round(6 * scale)
  tile.width = tile.height = size
  const pen = tile.getContext('2d')
  if (!pen) return ink
  pen.strokeStyle = ink
  pen.lineWidth = 1.4 * scale
  pen.beginPath()
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size)
    pen.lineTo(shift + size, 0)
  }
  pen.stroke()
  const pattern = context.createPattern(tile, 'repeat')
  if (!pattern) return ink
  pattern.setTransform(new DOMMatrix().scale(1 / scale))
  hatch = { ink, scale, pattern }
  return pattern
}

export function draw(context: CanvasRenderingContext2D, width: number, height: number, scale: number, scene: Scene, inks: Inks): void {
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.fillStyle = inks.panel
  context.fillRect(0, 0, width, height)
  drawRuler(context, width, height, scene, inks)
  const tall = rowPx(scene.rows.length)
  scene.rows.forEach((row, index) => drawRow(context, width, { top: RULER_PX + index * tall, tall }, row, scene, inks, scale))
  drawFuture(context, width, height, scene, inks)
  drawRange(context, width, height, scene, inks)
  drawHover(context, width, height, scene, inks)
  drawHead(context, width, height, scene, inks)
}

function drawRuler(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, inks: Inks): void {
  const { major, minor } = ruler(scene.view, width, scene.language)
  context.fillStyle = inks.line
  for (const at of minor) context.fillRect(Math.round(xOf(scene.view, at, width)), RULER_PX - 4, 1, 4)
  context.font = `11px ${getFont()}`
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  for (const tick of major) {
    const x = Math.round(xOf(scene.view, tick.at, width))
    context.fillStyle = inks.line
    context.fillRect(x, tick.day ? 0 : RULER_PX - 9, 1, height)
    context.fillStyle = tick.day ? inks.text : inks.faint
    context.fillText(tick.label, x + 5, RULER_PX / 2)
  }
  drawDate(context, width, scene, inks, major.find((tick) => tick.day && tick.at > scene.view.from)?.at)
}

/** The day at the left edge stays in sight until the next one pushes it out. */
function drawDate(context: CanvasRenderingContext2D, width: number, scene: Scene, inks: Inks, next: number | undefined): void {
  const label = dayText(scene.view.from, scene.language)
  const size = context.measureText(label).width + 12
  const left = next === undefined ? 0 : Math.min(0, xOf(scene.view, next, width) - size)
  context.fillStyle = inks.panel
  context.fillRect(left, 0, size, RULER_PX)
  context.fillStyle = inks.text
  context.fillText(label, left + 6, RULER_PX / 2)
}

let font = ''
function getFont(): string {
  font ||= getComputedStyle(document.documentElement).getPropertyValue('--font') || 'sans-serif'
  return font
}

function drawRow(context: CanvasRenderingContext2D, width: number, { top, tall }: { top: number; tall: number }, row: Row, scene: Scene, inks: Inks, scale: number): void {
  const { view } = scene
  const y = top + 4
  const height = tall - 8
  if (row.selected && scene.rows.length > 1) {
    context.fillStyle = 'rgba(255,255,255,0.035)'
    context.fillRect(0, top, width, tall)
  }
  context.fillStyle = 'rgba(255,255,255,0.03)'
  context.fillRect(0, y, width, height)
  const { timeline } = row
  if (!timeline) return
  context.fillStyle = row.selected ? inks.footageSelected : inks.footage
  // Spans that share a pixel are drawn once: a month of flapping is still 2,000 rectangles at most.
  let drawnTo = Number.NEGATIVE_INFINITY
  for (const span of timeline.spans) {
    const left = Math.max(0, xOf(view, span.from, width))
    const right = Math.min(width, xOf(view, span.to, width))
    if (right < 0 || left > width || right <= drawnTo) continue
    const start = Math.max(left, drawnTo)
    const size = Math.max(right - start, 0.75)
    context.fillRect(start, y, size, height)
    drawnTo = start + size
  }
  context.fillStyle = hatchOf(context, inks.gap, scale)
  for (const gap of timeline.gaps) {
    const left = xOf(view, gap.from, width)
    const right = xOf(view, gap.to, width)
    if (right < 0 || left > width) continue
    // A gap is never too short to be seen.
    context.fillRect(left, y, Math.max(right - left, 2), height)
  }
  if (timeline.recordingUntil !== null) {
    const x = xOf(view, timeline.recordingUntil, width)
    context.fillStyle = inks.recording
    if (x >= 0 && x <= width) context.fillRect(x - 1, y, 2, height)
  }
}

function drawFuture(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, inks: Inks): void {
  const x = xOf(scene.view, scene.now, width)
  if (x >= width) return
  context.fillStyle = inks.ground
  context.globalAlpha = 0.8
  context.fillRect(Math.max(0, x), RULER_PX, width, height)
  context.globalAlpha = 1
}

function drawRange(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, inks: Inks): void {
  if (!scene.range) return
  const left = xOf(scene.view, scene.range.from, width)
  const right = xOf(scene.view, scene.range.to, width)
  context.fillStyle = inks.accent
  context.globalAlpha = 0.16
  context.fillRect(left, 0, right - left, height)
  context.globalAlpha = 1
  context.fillRect(left - 1, 0, 2, height)
  context.fillRect(right - 1, 0, 2, height)
}

function drawHover(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, inks: Inks): void {
  if (scene.hover === null) return
  context.fillStyle = inks.faint
  context.fillRect(Math.round(xOf(scene.view, scene.hover, width)), 0, 1, height)
}

function drawHead(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, inks: Inks): void {
  const x = xOf(scene.view, scene.head, width)
  if (x < -60 || x > width + 60) return
  context.fillStyle = inks.text
  context.fillRect(x - 1, 0, 2, height)
  const label = clockText(scene.head)
  context.font = `600 11px ${getFont()}`
  const size = context.measureText(label).width + 12
  const left = Math.min(Math.max(0, x - size / 2), width - size)
  context.beginPath()
  context.roundRect(left, 2, size, RULER_PX - 4, 3)
  context.fill()
  context.fillStyle = inks.ground
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(label, left + size / 2, RULER_PX / 2 + 0.5)
}
