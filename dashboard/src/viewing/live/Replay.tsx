import { Button } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '@/base/server_clock'
import { clockText } from '@/base/time'
import { wordsOf } from '@/base/words'
import { codecName } from '../tile/codec_name'
import shared from '../tile/tile.module.css'
import classes from './live.module.css'

const BACK_MS = 30_000
const LOOK_MS = 200

/** The last 30 s again, over the live picture that runs on below; goes back to it by itself. */
export function Replay({ id, name, onEnd }: { id: string; name: string; onEnd: () => void }) {
  const { t } = useTranslation(['live', 'app'])
  const video = useRef<HTMLVideoElement>(null)
  const keys = useRef<HTMLVideoElement>(null)
  const last = useRef<HTMLCanvasElement>(null)
  const clock = useRef<HTMLTimeElement>(null)
  const done = useRef<HTMLElement>(null)
  const ended = useRef(onEnd)
  const [behind, setBehind] = useState(BACK_MS / 1000)
  const [failed, setFailed] = useState<string | null>(null)
  useEffect(() => {
    ended.current = onEnd
  })

  useEffect(() => {
    const elements = [video.current, keys.current, last.current] as const
    const until = serverNow()
    let stop: () => void = () => undefined
    let gone = false
    const run = async () => {
      const [{ PlaybackSession }, { default: Hls }] = await Promise.all([import('../playback/session'), import('hls.js')])
      const [picture, keyPicture, canvas] = elements
      if (gone || !picture || !keyPicture || !canvas) return
      const session = new PlaybackSession(until - BACK_MS, Hls)
      // The live picture runs on below: this never becomes one.
      session.mayLive = () => false
      const player = session.attach(id, picture, keyPicture, canvas)
      session.start()
      session.play(1)
      const timer = setInterval(() => {
        const moment = session.clock.moment()
        const status = player.status.get()
        // Newer than all that there is before anything was seen: there is nothing of these 30 s.
        const nothing = status.state === 'ahead' && !Number.isFinite(player.shown)
        if (moment >= until || (status.state === 'ahead' && !nothing)) ended.current()
        if (status.state === 'purpose') setFailed(t('replay.purpose'))
        else if (status.state === 'unplayable') setFailed(t('replay.unplayable', { codec: codecName(status.codec) || t('replay.codec') }))
        else if (status.state === 'lost') setFailed(status.words || t('fault.unreachable', { ns: 'app' }))
        else if (nothing || (status.state === 'gap' && !session.clock.playing)) setFailed(t('replay.nothing'))
        else setFailed(null)
        if (Number.isFinite(player.shown)) {
          if (clock.current) clock.current.textContent = clockText(player.shown)
          if (clock.current) clock.current.dateTime = new Date(player.shown).toISOString()
          if (done.current) done.current.style.inlineSize = `${Math.min(100, Math.max(0, ((player.shown - until + BACK_MS) / BACK_MS) * 100))}%`
          setBehind(Math.max(0, Math.round((serverNow() - player.shown) / 1000)))
        }
      }, LOOK_MS)
      stop = () => {
        clearInterval(timer)
        session.end()
      }
    }
    run().catch((fault: unknown) => setFailed(wordsOf(fault, t as never)))
    return () => {
      gone = true
      stop()
    }
  }, [id, t])

  return (
    <div className={classes.replay} data-testid="tile-replay">
      <video ref={video} className={shared.video} muted playsInline disablePictureInPicture disableRemotePlayback data-testid="replay-video" />
      <video ref={keys} className={shared.keys} muted playsInline disablePictureInPicture disableRemotePlayback />
      <canvas ref={last} className={shared.last} hidden />
      {failed !== null && <p className={shared.bad} role="alert">{t('replay.failed', { words: failed })}</p>}
      <div className={classes.replayBar}>
        <bdi className={classes.replayName}>{name}</bdi>
        <span className={classes.replayWord}>{t('replay.label')}</span>
        <time ref={clock} dir="ltr" data-testid="replay-clock" />
        {failed === null && <span>{t('replay.behind', { seconds: behind })}</span>}
        <Button size="compact-xs" variant="default" onClick={onEnd} data-testid="replay-back">{t('replay.back')}</Button>
      </div>
      <i className={classes.replayDone} ref={done} />
    </div>
  )
}
