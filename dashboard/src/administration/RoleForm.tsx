import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tell } from '@/base/tray/store'
import { nameIn, useAgencies } from '@/cameras'
import { putRole, type Role } from './api'
import { PanelForm } from './Frame'
import { agenciesIn, ANY, codeOf, onCamera, onSystem, SYSTEM_RIGHTS, toggled, VERBS } from './permissions'
import classes from './administration.module.css'

interface Props {
  /** Without a code: a new one, begun with what is in it. */
  role: Role
  onKept: (code: string) => void
  onCopy?: () => void
  onRemove?: () => void
}

export function RoleForm({ role, onKept, onCopy, onRemove }: Props) {
  const { t, i18n } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const agencies = useAgencies().data ?? []
  const [draft, setDraft] = useState(role)
  const [rows, setRows] = useState(() => agenciesIn(role.permissions))
  const isNew = role.code === ''
  const fixed = role.built_in
  const code = isNew ? draft.code || codeOf(draft.name) : role.code
  const keep = useMutation({
    mutationFn: () => putRole(code, { name: draft.name, name_ar: draft.name_ar, permissions: draft.permissions, look_back_days: draft.look_back_days }),
    onSuccess: async (kept) => {
      tell(t('roles.kept', { name: kept.name }), { tone: 'good' })
      await client.invalidateQueries({ queryKey: ['roles'] })
      onKept(kept.code)
    },
  })
  const tick = (permission: string) => (
    <input
      type="checkbox" checked={draft.permissions.includes(permission)} disabled={fixed} data-testid={`permission-${permission}`}
      onChange={(event) => setDraft({ ...draft, permissions: toggled(draft.permissions, permission, event.currentTarget.checked) })}
    />
  )
  const agencyName = (agency: string) => {
    if (agency === ANY) return t('roles.anyAgency')
    const known = agencies.find((one) => one.code === agency)
    return known ? nameIn(known, i18n.language) : agency
  }
  const others = agencies.filter((one) => !rows.includes(one.code))
  return (
    <PanelForm
      onSubmit={() => keep.mutate()} fault={keep.error}
      acts={
        <>
          {!fixed && <Button type="submit" loading={keep.isPending} data-testid="role-keep">{isNew ? t('roles.add') : t('common.save', { ns: 'app' })}</Button>}
          {onCopy && <Button variant="default" onClick={onCopy} data-testid="role-copy">{t('roles.copy')}</Button>}
          {onRemove && <Button variant="default" c="var(--failed)" onClick={onRemove} data-testid="role-remove">{t('roles.remove')}</Button>}
        </>
      }
    >
      {fixed && <p className={classes.note}>{t('roles.fixed')}</p>}
      {!fixed && (
        <>
          <TextInput label={t('roles.name')} value={draft.name} maxLength={200} required onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} autoFocus={isNew} data-testid="role-name" />
          <TextInput label={t('roles.nameAr')} value={draft.name_ar} maxLength={200} dir="rtl" onChange={(event) => setDraft({ ...draft, name_ar: event.currentTarget.value })} />
        </>
      )}
      {isNew && <TextInput label={t('roles.code')} description={t('roles.codeWords')} value={code} maxLength={40} pattern="[a-z][a-z0-9_\-]*" required dir="ltr" onChange={(event) => setDraft({ ...draft, code: event.currentTarget.value })} data-testid="role-code" />}
      <fieldset>
        <legend>{t('roles.cameras')}</legend>
        <table className={classes.ticks}>
          <thead><tr><th>{t('roles.of')}</th>{VERBS.map((verb) => <th key={verb}>{t(`verb.${verb}`)}</th>)}</tr></thead>
          <tbody>
            {[ANY, ...rows].map((agency) => (
              <tr key={agency}>
                <th><bdi>{agencyName(agency)}</bdi></th>
                {VERBS.map((verb) => <td key={verb}><label aria-label={`${agencyName(agency)}: ${t(`verb.${verb}`)}`}>{tick(onCamera(agency, verb))}</label></td>)}
              </tr>
            ))}
          </tbody>
        </table>
        {!fixed && others.length > 0 && (
          <Select placeholder={t('roles.addAgency')} aria-label={t('roles.addAgency')} value={null} data={others.map((one) => ({ value: one.code, label: nameIn(one, i18n.language) }))} onChange={(agency) => agency && setRows([...rows, agency])} data-testid="role-agency" />
        )}
        <p className={classes.note}>{t('roles.camerasWords')}</p>
      </fieldset>
      <NumberInput
        label={t('roles.back')} description={t('roles.backWords')} value={draft.look_back_days ?? ''} min={1} max={36_500} allowDecimal={false} suffix={` ${t('roles.dayWord')}`} disabled={fixed} hideControls
        onChange={(value) => setDraft({ ...draft, look_back_days: Number(value) || null })} placeholder={t('roles.unlimited')} data-testid="role-back"
      />
      <fieldset>
        <legend>{t('roles.onSystem')}</legend>
        {SYSTEM_RIGHTS.map((right) => <label key={right} className={classes.tick}>{tick(onSystem(right))}<span>{t(`system.${right}`)}</span></label>)}
      </fieldset>
    </PanelForm>
  )
}
