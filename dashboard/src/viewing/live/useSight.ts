/** Whether anybody can see an element, and how many device pixels wide it is. */
import { useEffect, useState, type RefObject } from 'react'

/** Whoever looks at another tab for a moment comes back to moving pictures. */
const HIDDEN_MS = 15_000

export interface Sight {
  inSight: boolean
  widthPx: number
}

/** Becomes true some time after the page went out of sight. */
function usePageHidden(): boolean {
  const [hidden, setHidden] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      clearTimeout(timer)
      if (!document.hidden) setHidden(false)
      else timer = setTimeout(() => setHidden(true), HIDDEN_MS)
    }
    document.addEventListener('visibilitychange', look)
    look()
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [])
  return hidden
}

export function useSight(element: RefObject<HTMLElement | null>): Sight {
  const [sight, setSight] = useState<Sight>({ inSight: false, widthPx: 0 })
  const hidden = usePageHidden()
  useEffect(() => {
    const { current } = element
    if (!current) return undefined
    const sizes = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0
      setSight((before) => ({ ...before, widthPx: Math.round(width * window.devicePixelRatio) }))
    })
    const sights = new IntersectionObserver(([entry]) => {
      setSight((before) => ({ ...before, inSight: entry?.isIntersecting ?? false }))
    })
    sizes.observe(current)
    sights.observe(current)
    return () => {
      sizes.disconnect()
      sights.disconnect()
    }
  }, [element])
  return { ...sight, inSight: sight.inSight && !hidden && sight.widthPx > 0 }
}
