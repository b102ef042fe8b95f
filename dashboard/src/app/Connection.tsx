import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { http, Problem } from '@/base/api/http'
import type { components } from '@/base/api/schema'
import { heardServerTime } from '@/base/server_clock'
import { connection } from '@/base/connection'
import { events } from '@/base/events'
import { Icon } from '@/base/icons'
import { useNow } from '@/base/now'
import { useStore } from '@/base/store'
import { durationText } from '@/base/time'
import { tell } from '@/base/tray/store'
import classes from './app.module.css'

const KNOCK_MS = 2000
const SET_CLOCK_MS = 60_000

const asking = new Set<string>()

/** Asks whatever was not answered for a sign of life; the server's time comes with one of them. */
async function knock(path: string): Promise<void> {
  // One that hangs is not asked again before it has answered.
  if (asking.has(path)) return
  asking.add(path)
  const asked = Date.now()
  try {
    const said = await http.get<Partial<components['schemas']['SystemInfo']>>(path)
    if (said.now) heardServerTime(Date.parse(said.now), asked, Date.now())
  } catch (fault) {
    if (!(fault instanceof Problem)) throw fault
  } finally {
    asking.delete(path)
  }
}

/** Says that the server is away, for how long, and that it is back; knocks meanwhile, whatever the page does. */
export function Connection() {
  const { t } = useTranslation()
  const { lost, heardAt } = useStore(connection)
  const client = useQueryClient()
  const now = useNow(1000)
  const lostAt = useRef(Number.NaN)
  useEffect(() => {
    if (lost) lostAt.current = Date.now()
    else if (Number.isFinite(lostAt.current)) {
      // A loss shorter than a knock was seen by nobody.
      if (Date.now() - lostAt.current >= KNOCK_MS) tell(t('connection.back'), { tone: 'good' })
      lostAt.current = Number.NaN
      void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' })
    }
    const knocks = () => connection.doubts.forEach((path) => void knock(path))
    knocks()
    let askedAt = Date.now()
    const timer = setInterval(() => {
      if (!connection.doubtful && Date.now() - askedAt < SET_CLOCK_MS) return
      askedAt = Date.now()
      knocks()
    }, KNOCK_MS)
    return () => clearInterval(timer)
  }, [lost, t, client])
  useEffect(() => events.start(), [])
  if (!lost) return null
  return (
    <div className={classes.away} data-testid="connection-lost">
      <Icon name="warning" size={16} />
      <span role="alert">{t('connection.lost')}</span>
      <span aria-hidden>{t('connection.age', { age: durationText(now - heardAt) })}</span>
    </div>
  )
}
