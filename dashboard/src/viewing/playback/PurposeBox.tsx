import { Button, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '@/base/icons'
import { purpose } from '@/base/purpose'
import { Store, useStore } from '@/base/store'
import { nameIn, useAgencies } from '@/cameras'
import tile from '../tile/tile.module.css'
import classes from './purpose.module.css'

/** While it is asked for: what is done once it is given. */
export const asking = new Store<{ then?: () => void } | null>(null)

/** In a tile whose agency wants to know why: says so, and asks at once. */
export function PurposeNote({ agency }: { agency: string }) {
  const { t, i18n } = useTranslation('playback')
  const known = (useAgencies().data ?? []).find((one) => one.code === agency)
  useEffect(() => {
    if (!asking.get()) asking.set({})
  }, [])
  return (
    <div className={tile.gap} data-testid="tile-purpose">
      <strong>{t('purpose.needed', { agency: known ? nameIn(known, i18n.language) : agency })}</strong>
      <Button variant="default" onClick={() => asking.set({})} data-testid="purpose-ask">{t('purpose.give')}</Button>
    </div>
  )
}

/** Asks for a case and a reason, beside the video and not over all of it. */
export function PurposeBox() {
  const open = useStore(asking)
  useEffect(() => () => asking.set(null), [])
  return open && <Form then={open.then} />
}

function Form({ then }: { then: (() => void) | undefined }) {
  const { t } = useTranslation(['playback', 'app'])
  const [given, setGiven] = useState(() => purpose.get() ?? { case_ref: '', reason: '' })
  const whole = given.case_ref.trim() !== '' && given.reason.trim() !== ''
  const close = () => asking.set(null)
  return (
    <form
      className={classes.box} role="dialog" aria-label={t('purpose.title')} data-testid="purpose-box"
      onSubmit={(event) => {
        event.preventDefault()
        if (!whole) return
        purpose.set({ case_ref: given.case_ref.trim(), reason: given.reason.trim() })
        close()
        then?.()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        close()
      }}
    >
      <h2><Icon name="edit" size={16} />{t('purpose.title')}</h2>
      <p>{t('purpose.words')}</p>
      <TextInput label={t('purpose.case')} value={given.case_ref} onChange={(event) => setGiven({ ...given, case_ref: event.currentTarget.value })} maxLength={200} required autoFocus autoComplete="off" dir="auto" data-testid="purpose-case" />
      <TextInput label={t('purpose.reason')} value={given.reason} onChange={(event) => setGiven({ ...given, reason: event.currentTarget.value })} maxLength={200} required autoComplete="off" dir="auto" data-testid="purpose-reason" />
      <footer>
        <Button type="submit" disabled={!whole} data-testid="purpose-go">{t('purpose.go')}</Button>
        <Button variant="default" onClick={close}>{t('common.cancel', { ns: 'app' })}</Button>
      </footer>
    </form>
  )
}
