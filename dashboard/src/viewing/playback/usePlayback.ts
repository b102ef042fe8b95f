/** The page's session: the player's code is fetched when there is something to play, and lives as long as the page. */
import { useEffect, useState } from 'react'
import { waitBefore } from '@/base/retry'
import { PlaybackSession } from './session'

const TRIES = 4

export interface Start {
  moment: number
  play: 'no' | 'recorded' | 'live'
}

export interface Playback {
  session: PlaybackSession | null
  /** The player's code could not be fetched. */
  failed: boolean
}

export function usePlayback(start: () => Start): Playback {
  const [session, setSession] = useState<PlaybackSession | null>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let made: PlaybackSession | null = null
    let gone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const fetchPlayer = (tries = 1): void => void import('hls.js').then(({ default: Hls }) => {
      if (gone) return
      setFailed(false)
      const { moment, play } = start()
      made = new PlaybackSession(moment, Hls)
      made.start()
      if (play === 'recorded') made.play(1)
      else if (play === 'live') made.goLive()
      setSession(made)
    }, () => {
      if (gone) return
      if (tries >= TRIES) setFailed(true)
      timer = setTimeout(() => fetchPlayer(tries + 1), waitBefore(tries, Math.random()))
    })
    fetchPlayer()
    return () => {
      gone = true
      clearTimeout(timer)
      made?.end()
      setSession(null)
    }
    // A page has one session: where it starts is read once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  return { session, failed }
}
