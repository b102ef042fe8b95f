import { useEffect, useRef, useState } from 'react'
import { useStore } from '@/base/store'
import type { Camera } from '@/cameras'
import shared from '../tile/tile.module.css'
import { Halves } from './Halves'
import { Reason } from './Reason'
import { LiveScreen } from './screen'
import { State } from './State'
import { useSight } from './useSight'
import classes from './live.module.css'

interface Props {
  id: string
  camera: Camera | undefined
  /** Told of the screen as long as it is there; what it answers is called at the end. */
  onScreen: (screen: LiveScreen) => () => void
}

/** A camera live over the picture of another page's tile, which stays in sight until there is a live one. */
export function LiveOver({ id, camera, onScreen }: Props) {
  const root = useRef<HTMLDivElement>(null)
  const first = useRef<HTMLVideoElement>(null)
  const second = useRef<HTMLVideoElement>(null)
  const [screen, setScreen] = useState<LiveScreen | null>(null)
  const { inSight, widthPx } = useSight(root)
  const hasSub = Boolean(camera?.sub)
  useEffect(() => {
    if (!first.current || !second.current) return undefined
    const made = new LiveScreen(id, [first.current, second.current])
    const told = onScreen(made)
    setScreen(made)
    return () => {
      told()
      made.end()
      setScreen(null)
    }
  }, [id, onScreen])
  useEffect(() => screen?.want({ widthPx, hasSub, inSight }), [screen, widthPx, hasSub, inSight])
  return (
    <>
      <Pictures root={root} screen={screen}><Halves screen={screen} first={first} second={second} /></Pictures>
      {screen && <Words id={id} camera={camera ?? null} screen={screen} />}
    </>
  )
}

function Pictures({ root, screen, children }: { root: React.RefObject<HTMLDivElement | null>; screen: LiveScreen | null; children: React.ReactNode }) {
  const [shown, setShown] = useState(false)
  useEffect(() => screen?.view.subscribe(() => setShown(screen.view.get().hasPicture)), [screen])
  return <div ref={root} className={classes.over} data-shown={shown || undefined} data-testid="tile-over">{children}</div>
}

function Words({ id, camera, screen }: { id: string; camera: Camera | null; screen: LiveScreen }) {
  const view = useStore(screen.view)
  const [standsMs, setStandsMs] = useState(0)
  return (
    <div className={`${shared.face ?? ''} ${classes.face ?? ''}`} data-state="live" data-stands={standsMs > 0 || undefined} data-testid="tile-face">
      <Reason id={id} camera={camera} view={view} standsMs={standsMs} screen={screen} />
      <State screen={screen} view={view} camera={camera} onStands={setStandsMs} />
    </div>
  )
}
