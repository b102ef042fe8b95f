import { Button, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addKey, ownKeys, revokeKey, type ApiKey } from './api'
import { Fault } from './Fault'
import { moment } from './moment'
import classes from './access.module.css'

const KEY = ['own keys']

export function KeysPart() {
  const { t } = useTranslation('access')
  const client = useQueryClient()
  const { data, error } = useQuery({ queryKey: KEY, queryFn: ownKeys })
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState('')
  const [days, setDays] = useState(90)
  const again = () => client.invalidateQueries({ queryKey: KEY })
  const add = useMutation({ mutationFn: () => addKey({ name, scopes: scopes.split(/\s+/).filter(Boolean), days }), onSuccess: again })
  const revoke = useMutation({ mutationFn: revokeKey, onSettled: again })
  return (
    <section className={classes.part} data-testid="keys">
      <h2>{t('profile.keys')}</h2>
      <p className={classes.words}>{t('profile.keysWords')}</p>
      <Fault of={error ?? revoke.error} />
      {data?.items.length === 0 && <p className={classes.words}>{t('profile.noKeys')}</p>}
      {data?.items.map((key) => (
        <div key={key.id} className={classes.row}>
          <span>{key.name}</span>
          <small dir="ltr">{`cctv_${key.prefix}…`}</small>
          <small dir="ltr">{key.scopes.join(' ')}</small>
          <State of={key} />
          {!key.revoked_at && <Button size="compact-xs" variant="default" onClick={() => revoke.mutate(key.id)}>{t('profile.revoke')}</Button>}
        </div>
      ))}
      <form
        className={classes.keyForm}
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <TextInput label={t('profile.keyName')} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={200} />
        <TextInput label={t('profile.keyScopes')} placeholder={t('profile.keyScopesHint')} value={scopes} onChange={(event) => setScopes(event.currentTarget.value)} dir="ltr" required />
        <NumberInput label={t('profile.keyDays')} value={days} min={1} max={730} onChange={(value) => setDays(Number(value) || 90)} hideControls />
        <Button type="submit" loading={add.isPending}>{t('profile.addKey')}</Button>
      </form>
      <Fault of={add.error} />
      {add.data && (
        <>
          <p className={classes.words}>{t('profile.newKey')}</p>
          <code className={classes.secret} data-testid="new-key">{add.data.secret}</code>
        </>
      )}
    </section>
  )
}

function State({ of }: { of: ApiKey }) {
  const { t, i18n } = useTranslation('access')
  if (of.revoked_at) return <small>{t('profile.revoked')}</small>
  const used = of.used_at ? t('profile.used', { time: moment(of.used_at, i18n.language) }) : t('profile.unused')
  return <small>{`${t('profile.until', { time: moment(of.expires_at, i18n.language) })}, ${used}`}</small>
}
