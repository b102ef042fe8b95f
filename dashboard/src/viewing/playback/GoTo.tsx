import { Button, Popover, TextInput } from '@mantine/core'
import { useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readMoment } from '@/base/moment'
import { serverNow } from '@/base/server_clock'
import { clockText, dateText, dayText, momentOf, partsOf } from '@/base/time'
import { Calendar } from './Calendar'
import type { Month } from './month'
import type { PlaybackSession } from './session'
import classes from './goto.module.css'

interface Props {
  open: boolean
  onOpen: (open: boolean) => void
  session: PlaybackSession
  cameras: readonly string[]
  children: React.ReactNode
}

export function GoTo({ open, onOpen, session, cameras, children }: Props) {
  return (
    <Popover opened={open} onChange={onOpen} position="top-start" trapFocus returnFocus shadow="md" transitionProps={{ duration: 0 }}>
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown>{open && <Form session={session} cameras={cameras} onDone={() => onOpen(false)} />}</Popover.Dropdown>
    </Popover>
  )
}

/**
 * A moment typed as people write it, or a day picked; both are the site's clock, and the day is written as the
 * field reads it, never as the browser's country would.
 */
function Form({ session, cameras, onDone }: { session: PlaybackSession; cameras: readonly string[]; onDone: () => void }) {
  const { t, i18n } = useTranslation('playback')
  const [text, setText] = useState('')
  const [start] = useState(() => session.clock.moment())
  const field = useRef<HTMLInputElement>(null)
  // At once and not after an animation: whoever presses G goes on typing.
  useLayoutEffect(() => field.current?.focus(), [])
  const now = serverNow()
  const moment = readMoment(text, now)
  const wrong = text && moment === null ? t('go.wrong') : moment !== null && moment > now ? t('go.future') : null
  const pick = ({ year, month }: Month, day: number) => {
    const { hour, minute, second } = partsOf(moment ?? start)
    const picked = Math.min(momentOf({ year, month, day, hour, minute, second }), now)
    setText(`${dateText(picked)} ${clockText(picked)}`)
    // The day is there; what is left to say is the time.
    requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.setSelectionRange(dateText(picked).length + 1, -1)
    })
  }
  return (
    <form
      className={classes.form} data-testid="goto"
      onSubmit={(event) => {
        event.preventDefault()
        if (moment === null || wrong) return
        session.seek(moment)
        onDone()
      }}
    >
      <TextInput ref={field} label={t('go.label')} description={<bdi>{t('go.hint')}</bdi>} value={text} error={wrong} onChange={(event) => setText(event.currentTarget.value)} data-autofocus dir="ltr" data-testid="goto-text" />
      <Calendar key={dateText(moment ?? start).slice(0, 7)} cameras={cameras} moment={moment ?? start} onPick={pick} />
      <div className={classes.go}>
        <output>{moment === null ? '' : <bdi>{dayText(moment, i18n.language)} {clockText(moment)}</bdi>}</output>
        <Button type="submit" disabled={moment === null || wrong !== null} data-testid="goto-go">{t('go.go')}</Button>
      </div>
    </form>
  )
}
