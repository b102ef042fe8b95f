import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { durationText } from '@/base/time'
import { nameIn } from '@/cameras'
import type { Entry } from './api'
import type { AuditWish, KINDS } from './audit_wish'
import { Word, type Tone } from './Frame'
import { stamp } from './stamp'
import classes from './administration.module.css'

/** An action in words; one that has none is called what the server calls it. */
export function useActionName(): (action: string) => string {
  const { t } = useTranslation('administration')
  return (action) => t(`action.${action as 'playback.grant'}`, { defaultValue: action })
}

export function useKindName(): (kind: (typeof KINDS)[number]) => string {
  const { t } = useTranslation('administration')
  return (kind) => t(`audit.kind.${kind}`)
}

/** To what it was done: by the name that people know. */
export function useThingName(): (entry: Entry) => string {
  const { i18n } = useTranslation()
  return (entry) => {
    if (entry.camera_name !== null) return nameIn({ name: entry.camera_name, name_ar: entry.camera_name_ar ?? '' }, i18n.language)
    const told = entry.detail.name
    return entry.thing_name ?? (typeof told === 'string' && told ? told : entry.thing_id)
  }
}

const TONES: Record<string, Tone> = { done: 'good', began: 'plain', refused: 'warn', failed: 'bad' }

export function ResultWord({ result }: { result: string }) {
  const { t } = useTranslation('administration')
  return <Word tone={TONES[result] ?? 'plain'}>{t(`audit.result.${result as 'done'}`, { defaultValue: result })}</Word>
}

/** All of an entry, as it is kept. */
export function EntryFacts({ entry, onNarrow }: { entry: Entry; onNarrow: (part: AuditWish) => void }) {
  const { t } = useTranslation('administration')
  const thingName = useThingName()
  const fact = (name: 'at' | 'who' | 'action' | 'thing' | 'result' | 'watched' | 'case' | 'reason' | 'from' | 'agency' | 'service' | 'request' | 'session' | 'number', value: React.ReactNode) =>
    (value === null || value === '' ? null : <div key={name}><dt>{t(`audit.column.${name}`)}</dt><dd>{value}</dd></div>)
  const ltr = (text: string | null) => (text ? <bdi dir="ltr">{text}</bdi> : null)
  const { camera_id } = entry
  return (
    <>
      <dl className={classes.facts}>
        {fact('at', ltr(stamp(entry.at)))}
        {fact('who', <bdi>{entry.actor_name || entry.actor_id}</bdi>)}
        {fact('action', ltr(entry.action))}
        {fact('thing', <bdi>{thingName(entry)}</bdi>)}
        {fact('agency', ltr(entry.agency))}
        {fact('result', <ResultWord result={entry.result} />)}
        {fact('watched', entry.seconds === null ? null : durationText(entry.seconds * 1000))}
        {fact('case', entry.case_ref ? <bdi>{entry.case_ref}</bdi> : null)}
        {fact('reason', entry.reason ? <bdi>{entry.reason}</bdi> : null)}
        {fact('from', ltr(entry.address))}
        {fact('service', ltr(entry.service))}
        {fact('session', ltr(entry.session))}
        {fact('request', ltr(entry.request_id))}
        {fact('number', entry.id)}
        {Object.entries(entry.detail).map(([name, value]) => (
          <div key={`detail ${name}`}>
            <dt dir="ltr">{name}</dt>
            <dd><code dir="ltr">{typeof value === 'string' ? value : JSON.stringify(value)}</code></dd>
          </div>
        ))}
      </dl>
      <div className={classes.foot}>
        <Button variant="default" onClick={() => onNarrow({ actor: entry.actor_id })} data-testid="narrow-actor">{t('audit.sameActor')}</Button>
        {camera_id !== null && <Button variant="default" onClick={() => onNarrow({ camera: camera_id })} data-testid="narrow-camera">{t('audit.sameCamera')}</Button>}
        {entry.case_ref !== null && <Button variant="default" onClick={() => onNarrow({ case: entry.case_ref ?? '' })}>{t('audit.sameCase')}</Button>}
      </div>
    </>
  )
}
