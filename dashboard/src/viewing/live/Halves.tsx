import { useEffect, useState, type RefObject } from 'react'
import shared from '../tile/tile.module.css'
import type { LiveScreen } from './screen'
import classes from './live.module.css'

interface Props {
  screen: LiveScreen | null
  first: RefObject<HTMLVideoElement | null>
  second: RefObject<HTMLVideoElement | null>
}

/** The two elements of a screen: one is seen, the other prepares the next stream under it. */
export function Halves({ screen, first, second }: Props) {
  const [front, setFront] = useState<0 | 1>(0)
  useEffect(() => screen?.view.subscribe(() => setFront(screen.view.get().front)), [screen])
  return [first, second].map((ref, index) => (
    <video key={index} ref={ref} className={`${shared.video ?? ''} ${classes.half ?? ''}`} data-front={front === index || undefined} data-testid={front === index ? 'tile-video' : 'tile-under'} muted playsInline disablePictureInPicture disableRemotePlayback />
  ))
}
