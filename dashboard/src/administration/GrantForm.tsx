import { Button, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useRights } from '@/access'
import { readMoment } from '@/base/moment'
import { serverNow } from '@/base/server_clock'
import { DAY, HOUR, isoText } from '@/base/time'
import { tell } from '@/base/tray/store'
import { nameIn, useAgencies, useCameras, useGroups } from '@/cameras'
import { addGrant, fetchUsers, type Role, type TargetKind } from './api'
import { PanelForm } from './Frame'
import { useTargets } from './names'
import { touchesSystem } from './permissions'
import { RoleWords } from './RoleWords'
import { fieldOfMoment, momentText } from './stamp'
import classes from './administration.module.css'

const KINDS: readonly TargetKind[] = ['camera', 'group', 'agency', 'everything']
const LENGTHS = [['shift', 8 * HOUR], ['day', DAY], ['week', 7 * DAY], ['month', 30 * DAY]] as const

/** Who, which role, on what, until when. */
export function GrantForm({ user, roles, onKept }: { user: string | null; roles: readonly Role[]; onKept: () => void }) {
  const { t, i18n } = useTranslation('administration')
  const client = useQueryClient()
  const rights = useRights()
  const people = rights.system('users')
  const users = useQuery({ queryKey: ['users', ''], queryFn: ({ signal }) => fetchUsers('', signal), enabled: people }).data?.items ?? []
  const [whom, setWhom] = useState<'user' | 'group'>(people ? 'user' : 'group')
  const [userId, setUserId] = useState<string | null>(user)
  const [group, setGroup] = useState('')
  const [role, setRole] = useState<string | null>(null)
  const [on, setOn] = useState<TargetKind>('camera')
  const [target, setTarget] = useState<string | null>(null)
  const [until, setUntil] = useState('')
  const data = { camera: useCameras().data, group: useGroups().data, agency: useAgencies().data }
  const targetOf = useTargets()
  const chosen = roles.find((one) => one.code === role)
  const ends = readMoment(until, serverNow(), true)
  // Never taken for a grant without an end.
  const unread = until.trim() !== '' && ends === null
  const past = ends !== null && ends <= serverNow()
  const grant = useMutation({
    mutationFn: () => addGrant({ user_id: whom === 'user' ? userId : null, told_group: whom === 'group' ? group : null, role: role ?? '', on, target: on === 'everything' ? null : target, until: ends === null ? null : isoText(ends) }),
    onSuccess: async (made) => {
      const who = whom === 'user' ? (users.find((one) => one.id === userId)?.name ?? '') : group
      tell(t('grants.given', { who, role: chosen ? nameIn(chosen, i18n.language) : made.role, target: targetOf(made).name }), { tone: 'good' })
      await client.invalidateQueries({ queryKey: ['grants'] })
      onKept()
    },
  })
  const choices = () => {
    if (on === 'everything') return []
    if (on === 'camera') return (data.camera ?? []).map((one) => ({ value: one.id, label: `${nameIn(one, i18n.language)} · ${one.agency}` }))
    if (on === 'group') return (data.group ?? []).map((one) => ({ value: one.id, label: nameIn(one, i18n.language) }))
    return (data.agency ?? []).map((one) => ({ value: one.code, label: nameIn(one, i18n.language) }))
  }
  const whole = (whom === 'user' ? userId !== null : group.trim() !== '') && role !== null && (on === 'everything' || target !== null) && !past && !unread
  return (
    <PanelForm
      onSubmit={() => { if (whole) grant.mutate() }} fault={grant.error} test="grant-form"
      acts={<Button type="submit" loading={grant.isPending} disabled={!whole} data-testid="grant-give">{t('grants.give')}</Button>}
    >
      <fieldset>
        <legend>{t('grants.column.who')}</legend>
        {people && <SegmentedControl size="xs" value={whom} onChange={(value) => setWhom(value)} data={[{ value: 'user', label: t('grants.aUser') }, { value: 'group', label: t('grants.aGroup') }]} aria-label={t('grants.column.who')} />}
        {whom === 'user'
          ? <Select searchable aria-label={t('grants.aUser')} placeholder={t('grants.chooseUser')} nothingFoundMessage={t('users.none')} value={userId} onChange={setUserId} limit={50} data={users.filter((one) => !one.disabled_at).map((one) => ({ value: one.id, label: one.full_name ? `${one.name} · ${one.full_name}` : one.name }))} data-testid="grant-user" />
          : <TextInput aria-label={t('grants.aGroup')} placeholder={t('grants.groupHint')} value={group} maxLength={200} onChange={(event) => setGroup(event.currentTarget.value)} data-testid="grant-group" />}
      </fieldset>
      <fieldset>
        <legend>{t('grants.column.role')}</legend>
        <Select aria-label={t('grants.role')} placeholder={t('grants.chooseRole')} value={role} onChange={setRole} data={roles.map((one) => ({ value: one.code, label: nameIn(one, i18n.language) }))} data-testid="grant-role" />
        {chosen && <RoleWords role={chosen} />}
        {chosen?.look_back_days != null && <p className={classes.note}>{t('grants.back', { count: chosen.look_back_days })}</p>}
        {chosen && on !== 'everything' && touchesSystem(chosen.permissions) && <p className={classes.note} data-warn>{t('grants.systemNeedsAll')}</p>}
      </fieldset>
      <fieldset>
        <legend>{t('grants.column.on')}</legend>
        <SegmentedControl
          size="xs" value={on} aria-label={t('grants.column.on')} data={KINDS.map((kind) => ({ value: kind, label: t(`grants.kind.${kind}`) }))} data-testid="grant-on"
          onChange={(value) => {
            setOn(value)
            setTarget(null)
          }}
        />
        {on !== 'everything' && <Select key={on} searchable aria-label={t(`grants.kind.${on}`)} placeholder={t(`grants.choose.${on}`)} nothingFoundMessage={t('grants.noTarget')} value={target} onChange={setTarget} limit={100} data={choices()} data-testid="grant-target" />}
        {on === 'everything' && <p className={classes.note} data-warn>{t('grants.everythingWords')}</p>}
      </fieldset>
      <fieldset>
        <legend>{t('grants.column.until')}</legend>
        <TextInput
          aria-label={t('grants.column.until')} placeholder={t('moment.ahead')} title={t('moment.ahead')} dir="ltr" value={until} maxLength={40} error={past ? t('grants.past') : unread ? t('moment.wrong') : undefined} data-testid="grant-until"
          onChange={(event) => setUntil(event.currentTarget.value)} onBlur={() => ends !== null && setUntil(momentText(ends))}
        />
        <div className={classes.presets}>
          {LENGTHS.map(([name, length]) => <Button key={name} size="compact-xs" variant="default" onClick={() => setUntil(fieldOfMoment(serverNow() + length).replace('T', ' '))} data-testid={`grant-for-${name}`}>{t(`grants.length.${name}`)}</Button>)}
          <Button size="compact-xs" variant="default" disabled={until === ''} onClick={() => setUntil('')}>{t('grants.lasting')}</Button>
        </div>
      </fieldset>
    </PanelForm>
  )
}
