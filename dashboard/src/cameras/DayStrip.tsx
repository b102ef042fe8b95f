import { useEffect, useRef } from 'react'
import type { Day } from './day'

/** A day in a line: recorded solid, lost time a hole, the rest empty. */
export function DayStrip({ day, label }: { day: Day | undefined; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const scale = window.devicePixelRatio || 1
    const width = element.clientWidth
    const height = element.clientHeight
    element.width = Math.round(width * scale)
    element.height = Math.round(height * scale)
    const pen = element.getContext('2d')
    if (!pen) return
    pen.scale(scale, scale)
    const style = getComputedStyle(element)
    pen.fillStyle = style.getPropertyValue('--hover')
    pen.fillRect(0, 0, width, height)
    if (!day) return
    const x = (at: number) => ((at - day.from) / (day.to - day.from)) * width
    pen.fillStyle = style.getPropertyValue('--footage')
    for (const span of day.spans) pen.fillRect(x(span.from), 0, Math.max(0.5, x(span.to) - x(span.from)), height)
    for (const gap of day.gaps) {
      // A hole with a grey mark in it: never too short to be seen.
      const size = Math.max(2, x(gap.to) - x(gap.from))
      pen.fillStyle = style.getPropertyValue('--ground')
      pen.fillRect(x(gap.from), 0, size, height)
      pen.fillStyle = style.getPropertyValue('--gap-strong')
      pen.fillRect(x(gap.from), height / 2 - 1, size, 2)
    }
  }, [day])
  return <canvas ref={canvas} role="img" aria-label={label} style={{ display: 'block', inlineSize: '100%', blockSize: 12, borderRadius: 2 }} />
}
