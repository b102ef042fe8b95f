import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '@/base/server_clock'
import { DAY, partsOf } from '@/base/time'
import { fetchTimeline } from './api'
import { DAYS_A_WEEK, daysIn, daySpan, monthAfter, monthSpan, placesBefore, recordedDays, type Month } from './month'
import classes from './goto.module.css'

interface Props {
  cameras: readonly string[]
  /** The moment that would be gone to. */
  moment: number
  onPick: (month: Month, day: number) => void
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -DAYS_A_WEEK, ArrowDown: DAYS_A_WEEK }
/** Monday 5 January 1970: names of weekdays are those of any week. */
const A_MONDAY = 4 * DAY

/** A month in which the days with footage are marked: whoever looks for a day sees where there is any. */
export function Calendar({ cameras, moment, onPick }: Props) {
  const { t, i18n } = useTranslation('playback')
  const at = partsOf(moment)
  const [month, setMonth] = useState<Month>({ year: at.year, month: at.month })
  const [focus, setFocus] = useState<number | null>(null)
  const grid = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focus !== null) grid.current?.querySelector<HTMLElement>(`[data-day="${focus}"]`)?.focus()
  }, [focus, month])
  const known = useQuery({ queryKey: ['days', cameras, month], queryFn: ({ signal }) => fetchTimeline(cameras, monthSpan(month), signal), staleTime: 60_000, enabled: cameras.length > 0 })
  const recorded = recordedDays(month, [...(known.data?.cameras.values() ?? [])].flatMap((row) => row.spans))
  const language = i18n.language === 'en' ? 'en-GB' : i18n.language
  const title = new Intl.DateTimeFormat(language, { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(Date.UTC(month.year, month.month - 1, 1))
  const weekday = new Intl.DateTimeFormat(language, { timeZone: 'UTC', weekday: 'narrow' })
  const here = month.year === at.year && month.month === at.month ? at.day : null
  const now = serverNow()

  const walk = (event: React.KeyboardEvent, from: number) => {
    const mirrored = document.documentElement.dir === 'rtl' && /Left|Right/.test(event.key) ? -1 : 1
    const step = (STEPS[event.key] ?? 0) * mirrored
    if (!step) return
    event.preventDefault()
    event.stopPropagation()
    const to = from + step
    const there = to < 1 ? monthAfter(month, -1) : to > daysIn(month) ? monthAfter(month, 1) : month
    const day = to < 1 ? daysIn(there) + to : to > daysIn(month) ? to - daysIn(month) : to
    if (daySpan(there, day).from > now) return
    setMonth(there)
    setFocus(day)
  }
  return (
    <div className={classes.calendar} data-testid="goto-calendar">
      <header>
        <button type="button" aria-label={t('go.monthBefore')} onClick={() => setMonth(monthAfter(month, -1))} data-testid="goto-month-before"><Arrow back /></button>
        <strong aria-live="polite">{title}</strong>
        <button type="button" aria-label={t('go.monthAfter')} disabled={monthSpan(month).to > now} onClick={() => setMonth(monthAfter(month, 1))}><Arrow /></button>
      </header>
      <div className={classes.days} ref={grid} role="group" aria-label={title}>
        {Array.from({ length: DAYS_A_WEEK }, (_, index) => <small key={index}>{weekday.format(A_MONDAY + index * DAY)}</small>)}
        {Array.from({ length: daysIn(month) }, (_, index) => index + 1).map((day) => (
          <button
            key={day} type="button" style={day === 1 ? { gridColumnStart: placesBefore(month) + 1 } : undefined} data-day={day} data-recorded={recorded.has(day) || undefined} aria-pressed={day === here}
            title={recorded.has(day) ? t('timeline.recorded') : known.data ? t('tile.nothing') : undefined} tabIndex={day === (here ?? 1) ? 0 : -1} disabled={daySpan(month, day).from > now}
            onClick={() => onPick(month, day)} onKeyDown={(event) => walk(event, day)} data-testid="goto-day"
          >
            {day}
          </button>
        ))}
      </div>
    </div>
  )
}

function Arrow({ back = false }: { back?: boolean }) {
  return <svg className={classes.arrow} width={14} height={14} viewBox="0 0 14 14" aria-hidden focusable={false} fill="none" stroke="currentColor" strokeWidth={1.6}><path d={back ? 'M9 2 4 7l5 5' : 'm5 2 5 5-5 5'} /></svg>
}
