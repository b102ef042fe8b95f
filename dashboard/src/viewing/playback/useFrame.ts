import { useEffect, useRef } from 'react'

/** Calls back before every paint while the page is in sight. */
export function useFrame(paint: () => void): void {
  const latest = useRef(paint)
  useEffect(() => {
    latest.current = paint
  })
  useEffect(() => {
    let handle = 0
    const turn = () => {
      latest.current()
      handle = requestAnimationFrame(turn)
    }
    handle = requestAnimationFrame(turn)
    return () => cancelAnimationFrame(handle)
  }, [])
}
