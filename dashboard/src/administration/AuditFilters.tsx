import { Button, Select, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readMoment } from '@/base/moment'
import { serverNow } from '@/base/server_clock'
import { DAY, HOUR } from '@/base/time'
import { nameIn, useCameras } from '@/cameras'
import { KINDS, RESULTS, since, type AuditWish, type Field } from './audit_wish'
import { useKindName } from './EntryFacts'
import { momentText } from './stamp'
import classes from './administration.module.css'

const LENGTHS = [['hour', HOUR], ['day', DAY], ['week', 7 * DAY]] as const

interface Props {
  wish: AuditWish
  onChange: (part: Partial<Record<Field, string>>) => void
}

export function AuditFilters({ wish, onChange }: Props) {
  const { t, i18n } = useTranslation('administration')
  const kindName = useKindName()
  // An auditor need not see cameras: then entries lead to the others of their camera.
  const cameras = (useCameras().data ?? []).map((one) => ({ value: one.id, label: nameIn(one, i18n.language) }))
  const known = !wish.camera || cameras.some((one) => one.value === wish.camera)
  const text = (field: 'actor' | 'agency' | 'case' | 'address') => <Typed label={t(`audit.filter.${field}`)} value={wish[field] ?? ''} onDone={(value) => onChange({ [field]: value })} test={`audit-${field}`} />
  const moment = (field: 'from' | 'to') => <Moment label={t(`audit.filter.${field}`)} value={wish[field] ?? ''} onDone={(value) => onChange({ [field]: value })} test={`audit-${field}`} />
  return (
    <div className={classes.bar} role="search" aria-label={t('audit.filters')}>
      {moment('from')}
      <span aria-hidden>{t('audit.filter.between')}</span>
      {moment('to')}
      <span className={classes.presets}>
        {LENGTHS.map(([name, length]) => <Button key={name} size="compact-xs" variant="default" onClick={() => onChange({ ...since(length, serverNow()), to: '' })} data-testid={`audit-last-${name}`}>{t(`audit.length.${name}`)}</Button>)}
      </span>
      {text('actor')}
      <Select
        className={classes.filter} clearable searchable aria-label={t('audit.filter.action')} placeholder={t('audit.filter.action')} value={wish.action?.split('.')[0] ?? null} onChange={(action) => onChange({ action: action ?? '' })}
        data={KINDS.map((kind) => ({ value: kind, label: kindName(kind) }))} data-testid="audit-action"
      />
      <Select
        className={classes.filter} clearable aria-label={t('audit.filter.result')} placeholder={t('audit.filter.result')} value={wish.result ?? null} onChange={(result) => onChange({ result: result ?? '' })}
        data={RESULTS.map((result) => ({ value: result, label: t(`audit.result.${result}`) }))} data-testid="audit-result"
      />
      {text('agency')}
      {text('case')}
      {text('address')}
      {(cameras.length > 0 || wish.camera) && (
        <Select
          className={classes.filter} clearable searchable aria-label={t('audit.filter.camera')} placeholder={t('audit.filter.camera')} value={wish.camera ?? null} onChange={(camera) => onChange({ camera: camera ?? '' })}
          limit={100} data={known ? cameras : [...cameras, { value: wish.camera ?? '', label: t('audit.filter.oneCamera') }]} data-testid="audit-camera"
        />
      )}
    </div>
  )
}

const REST_MS = 400

/** What is typed counts when the typing rests, or by Enter. */
function Typed({ label, value, onDone, test }: { label: string; value: string; onDone: (value: string) => void; test: string }) {
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  // Changed from outside, not by what was typed here: the field must keep its focus while its own words count.
  if (value !== known) {
    setKnown(value)
    if (value !== text.trim()) setText(value)
  }
  useEffect(() => {
    if (text.trim() === value) return undefined
    const timer = setTimeout(() => onDone(text), REST_MS)
    return () => clearTimeout(timer)
  })
  return <TextInput className={classes.filter} placeholder={label} aria-label={label} value={text} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === 'Enter' && onDone(text)} data-testid={test} />
}

/**
 * A moment as people write it, by the site's clock: a field of the browser's own would ask for it in the manner of the
 * browser's country. It counts when the field is left, or by Enter.
 */
function Moment({ label, value, onDone, test }: { label: string; value: string; onDone: (value: string) => void; test: string }) {
  const { t } = useTranslation('administration')
  const kept = value.replace('T', ' ')
  const [text, setText] = useState(kept)
  const [known, setKnown] = useState(value)
  if (value !== known) {
    setKnown(value)
    setText(kept)
  }
  const at = readMoment(text, serverNow())
  const wrong = text.trim() !== '' && at === null
  const take = () => {
    if (wrong) return
    const next = at === null ? '' : momentText(at)
    setText(next)
    if (next !== kept) onDone(next.replace(' ', 'T'))
  }
  return (
    <TextInput
      className={classes.moment} dir="ltr" aria-label={label} placeholder={label} title={`${label}: ${t(wrong ? 'moment.wrong' : 'moment.hint')}`} value={text} maxLength={40} error={wrong} data-testid={test}
      onChange={(event) => setText(event.currentTarget.value)} onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take()
        if (event.key === 'Escape') setText(kept)
      }}
    />
  )
}
