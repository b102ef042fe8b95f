import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { StateWord, useOld, type Camera } from '@/cameras'
import { serverNow } from '@/base/server_clock'
import { clockText } from '@/base/time'
import { STANDS_MS } from '../tile/frames'
import shared from '../tile/tile.module.css'
import { isRecorded, shownStatus, troubleBeside } from './said'
import type { LiveScreen, ScreenView } from './screen'
import classes from './live.module.css'

const LOOK_MS = 200
/** Browsers draw nothing in pages that nobody sees: back in sight, frames get this long to come. */
const GRACE_MS = 1000
/** Live, but so far behind that it must be said. */
const LATE_S = 2

/** How long a picture has been standing, in whole seconds of milliseconds; 0 while it moves. */
export function standing(drawnAt: number, now: number, seenSince: number): number {
  const age = now - drawnAt
  if (!Number.isFinite(age) || age <= STANDS_MS || now - seenSince < GRACE_MS) return 0
  return Math.max(1000, Math.floor(age / 1000) * 1000)
}

/** One word for how the tile is, and the wall clock of the picture that is seen: never of one that is not. */
export function State({ screen, view, camera, onStands }: { screen: LiveScreen; view: ScreenView; camera: Camera | null; onStands: (ms: number) => void }) {
  const { t, i18n } = useTranslation('live')
  const clock = useRef<HTMLTimeElement>(null)
  const word = useRef<HTMLSpanElement>(null)
  const [moves, setMoves] = useState(false)
  const [lateS, setLateS] = useState(0)
  const [slow, setSlow] = useState(false)
  const old = useOld()
  const trouble = troubleBeside(camera?.status, old)
  const recorded = isRecorded(camera?.status, old)
  useEffect(() => {
    let seenSince = performance.now()
    const seen = () => {
      if (!document.hidden) seenSince = performance.now()
    }
    const look = () => {
      const { moment } = screen
      const stands = standing(screen.drawnAt, performance.now(), seenSince)
      onStands(stands)
      setSlow(screen.slow && !view.dark)
      setMoves(stands === 0 && view.hasPicture && !view.dark)
      if (!clock.current || !Number.isFinite(moment)) return
      const text = clockText(moment)
      if (clock.current.textContent !== text) clock.current.textContent = text
      clock.current.dateTime = new Date(moment).toISOString()
      const late = (serverNow() - moment) / 1000
      setLateS(late > LATE_S ? Math.round(late) : 0)
      if (word.current) word.current.title = t('tile.latency', { seconds: Math.max(0, late).toFixed(1) })
    }
    const timer = setInterval(look, LOOK_MS)
    document.addEventListener('visibilitychange', seen)
    look()
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [screen, view.hasPicture, view.dark, onStands, t])
  const size = view.width ? t('tile.size', { width: view.width, height: view.height, stream: t(view.stream === 'sub' ? 'tile.sub' : 'tile.main') }) : undefined
  return (
    <footer className={`${shared.when ?? ''} ${classes.when ?? ''}`} data-moves={moves || undefined}>
      {slow && <small className={classes.slow} data-testid="tile-slow">{t('tile.slow')}</small>}
      {moves && <span ref={word} className={classes.live} data-late={lateS > 0 || undefined} data-testid="tile-live"><i aria-hidden />{lateS > 0 ? t('tile.late', { seconds: lateS }) : t('tile.live')}</span>}
      {moves && trouble && <span className={classes.trouble} title={i18n.language === 'ar' ? trouble.reason_ar : trouble.reason} data-testid="tile-trouble"><StateWord status={trouble} /></span>}
      {!moves && camera && <StateWord status={shownStatus(camera.status, view)} />}
      {recorded && <i role="img" className={classes.recorded} aria-label={t('tile.recorded')} title={t('tile.recorded')} data-testid="tile-recorded" />}
      <time ref={clock} dir="ltr" title={size} data-testid="tile-clock" hidden={!view.hasPicture || view.dark} />
    </footer>
  )
}

