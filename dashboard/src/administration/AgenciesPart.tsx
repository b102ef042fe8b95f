import { Button, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '@/base/icons'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { addGroup, nameIn, removeGroup, renameGroup, useAgencies, useCameras, useGroups, type Agency, type Group } from '@/cameras'
import { fetchPurposes, putAgency, setPurpose } from './api'
import { Nothing, Panel, PanelForm, Rows, Waiting } from './Frame'
import { useRowKeys } from './useRowKeys'
import classes from './administration.module.css'

type Open = { kind: 'agency'; agency: Agency | null } | { kind: 'group'; group: Group | null }

export function AgenciesPart({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation('administration')
  const [open, setOpen] = useState<Open | null>(null)
  const addAgency = () => setOpen({ kind: 'agency', agency: null })
  useRowKeys(t('part.agencies'), { ids: [], selected: null, onSelect: () => setOpen(null), onAdd: addAgency })
  const close = () => setOpen(null)
  return (
    <>
      <section className={classes.list}>
        <header className={classes.bar}>
          {tabs}
          <span className={classes.spring} />
          <Button variant="default" leftSection={<Icon name="plus" size={16} />} onClick={() => setOpen({ kind: 'group', group: null })} data-testid="group-add">{t('agencies.addGroup')}</Button>
          <Button leftSection={<Icon name="plus" size={16} />} onClick={addAgency} data-testid="agency-add">{t('agencies.add')}</Button>
        </header>
        <div className={classes.wide}>
          <Agencies onOpen={(agency) => setOpen({ kind: 'agency', agency })} />
          <Groups onOpen={(group) => setOpen({ kind: 'group', group })} />
        </div>
      </section>
      {open?.kind === 'agency' && <Panel title={open.agency?.name ?? t('agencies.add')} onClose={close} test="agency-panel"><AgencyForm key={open.agency?.code ?? ''} agency={open.agency} onKept={close} /></Panel>}
      {open?.kind === 'group' && <Panel title={open.group?.name ?? t('agencies.addGroup')} onClose={close} test="group-panel"><GroupForm key={open.group?.id ?? ''} group={open.group} onKept={close} /></Panel>}
    </>
  )
}

function Agencies({ onOpen }: { onOpen: (agency: Agency) => void }) {
  const { t, i18n } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const list = useAgencies()
  const purposes = useQuery({ queryKey: ['purposes'], queryFn: ({ signal }) => fetchPurposes(signal) })
  const cameras = useCameras().data ?? []
  const turn = useMutation({
    mutationFn: ({ agency, on }: { agency: Agency; on: boolean }) => setPurpose(agency.code, on),
    onSuccess: (_, { agency, on }) => void tell(t(on ? 'agencies.asks' : 'agencies.asksNot', { name: nameIn(agency, i18n.language) }), { tone: 'good' }),
    onError: (fault) => void tell(wordsOf(fault, t as never), { tone: 'bad' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['purposes'] }),
  })
  return (
    <section>
      <header className={classes.part}><h2>{t('part.agencies')}</h2><p>{t('agencies.purposeWords')}</p></header>
      <Waiting on={list}>
        <Rows>
          <thead>
            <tr>
              <th>{t('agencies.column.name')}</th>
              <th style={{ inlineSize: '24%' }}>{t('agencies.column.code')}</th>
              <th style={{ inlineSize: 80 }} className={classes.number}>{t('agencies.column.cameras')}</th>
              <th style={{ inlineSize: 170 }}>{t('agencies.column.purpose')}</th>
            </tr>
          </thead>
          <tbody>
            {list.data?.map((agency) => (
              <tr key={agency.code} data-open data-testid="agency-row" data-agency={agency.code} tabIndex={0} onClick={() => onOpen(agency)} onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && onOpen(agency)}>
                <td><bdi>{agency.name}</bdi>{agency.name_ar && <small><bdi>{agency.name_ar}</bdi></small>}</td>
                <td className={classes.dim}><bdi dir="ltr">{agency.code}</bdi></td>
                <td className={classes.number}>{cameras.filter((camera) => camera.agency === agency.code).length}</td>
                <td onClick={(event) => event.stopPropagation()}>
                  <Switch
                    checked={purposes.data?.includes(agency.code) ?? false} disabled={!purposes.data || turn.isPending} aria-label={t('agencies.purposeOf', { name: agency.name })}
                    label={purposes.data?.includes(agency.code) ? t('agencies.required') : t('agencies.notRequired')} onChange={(event) => turn.mutate({ agency, on: event.currentTarget.checked })} data-testid="purpose-switch"
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </Rows>
      </Waiting>
    </section>
  )
}

function Groups({ onOpen }: { onOpen: (group: Group) => void }) {
  const { t } = useTranslation('administration')
  const list = useGroups()
  const cameras = useCameras().data ?? []
  return (
    <section>
      <header className={classes.part}><h2>{t('agencies.groups')}</h2><p>{t('agencies.groupWords')}</p></header>
      <Waiting on={list}>
        {list.data?.length === 0 && <Nothing icon="live" title={t('agencies.noGroups')} words={t('agencies.noGroupsWords')} />}
        {(list.data?.length ?? 0) > 0 && (
          <Rows>
            <thead><tr><th>{t('agencies.column.group')}</th><th style={{ inlineSize: 90 }} className={classes.number}>{t('agencies.column.cameras')}</th></tr></thead>
            <tbody>
              {list.data?.map((group) => (
                <tr key={group.id} data-open data-testid="group-row" tabIndex={0} onClick={() => onOpen(group)} onKeyDown={(event) => event.key === 'Enter' && onOpen(group)}>
                  <td><bdi>{group.name}</bdi>{group.name_ar && <small><bdi>{group.name_ar}</bdi></small>}</td>
                  <td className={classes.number}>{cameras.filter((camera) => camera.group_id === group.id).length}</td>
                </tr>
              ))}
            </tbody>
          </Rows>
        )}
      </Waiting>
    </section>
  )
}

function AgencyForm({ agency, onKept }: { agency: Agency | null; onKept: () => void }) {
  const { t } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const [code, setCode] = useState(agency?.code ?? '')
  const [name, setName] = useState(agency?.name ?? '')
  const [nameAr, setNameAr] = useState(agency?.name_ar ?? '')
  const taken = (useAgencies().data ?? []).some((one) => one.code === code) && !agency
  const keep = useMutation({
    mutationFn: () => putAgency(code, { name, name_ar: nameAr }),
    onSuccess: async (kept) => {
      tell(t('agencies.kept', { name: kept.name }), { tone: 'good' })
      await client.invalidateQueries({ queryKey: ['agencies'] })
      onKept()
    },
  })
  return (
    <PanelForm
      onSubmit={() => { if (!taken) keep.mutate() }} fault={keep.error}
      acts={<Button type="submit" loading={keep.isPending} disabled={taken} data-testid="agency-keep">{agency ? t('common.save', { ns: 'app' }) : t('agencies.add')}</Button>}
    >
      <TextInput label={t('agencies.column.code')} description={t('agencies.codeWords')} value={code} onChange={(event) => setCode(event.currentTarget.value.toUpperCase())} pattern="[A-Z0-9][A-Z0-9_\-]*" maxLength={32} required disabled={agency !== null} dir="ltr" autoFocus={!agency} error={taken ? t('agencies.taken') : undefined} data-testid="agency-code" />
      <TextInput label={t('agencies.column.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={200} required data-testid="agency-name" />
      <TextInput label={t('agencies.nameAr')} value={nameAr} onChange={(event) => setNameAr(event.currentTarget.value)} maxLength={200} dir="rtl" />
    </PanelForm>
  )
}

function GroupForm({ group, onKept }: { group: Group | null; onKept: () => void }) {
  const { t } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const [name, setName] = useState(group?.name ?? '')
  const [nameAr, setNameAr] = useState(group?.name_ar ?? '')
  const again = () => client.invalidateQueries({ queryKey: ['groups'] })
  const keep = useMutation({
    mutationFn: () => (group ? renameGroup(group.id, name.trim(), nameAr) : addGroup(name.trim(), nameAr)),
    onSuccess: async (kept) => {
      tell(t('agencies.groupKept', { name: kept.name }), { tone: 'good' })
      await again()
      onKept()
    },
  })
  const remove = useMutation({
    mutationFn: (gone: Group) => removeGroup(gone.id),
    onSuccess: async (_, gone) => {
      const undo = () => void addGroup(gone.name, gone.name_ar).then(again, (fault: unknown) => void tell(wordsOf(fault, t as never), { tone: 'bad' }))
      tell(t('agencies.groupRemoved', { name: gone.name }), { action: { label: t('common.undo', { ns: 'app' }), act: undo } })
      await again()
      onKept()
    },
  })
  return (
    <PanelForm
      onSubmit={() => keep.mutate()} fault={keep.error ?? remove.error}
      acts={
        <>
          <Button type="submit" loading={keep.isPending} data-testid="group-keep">{group ? t('common.save', { ns: 'app' }) : t('agencies.addGroup')}</Button>
          {group && <Button variant="default" c="var(--failed)" loading={remove.isPending} onClick={() => remove.mutate(group)} data-testid="group-remove">{t('agencies.groupRemove')}</Button>}
        </>
      }
    >
      <TextInput label={t('agencies.column.group')} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={200} required autoFocus={!group} dir="auto" data-testid="group-name" />
      <TextInput label={t('agencies.nameAr')} value={nameAr} onChange={(event) => setNameAr(event.currentTarget.value)} maxLength={200} dir="rtl" />
      <p className={classes.note}>{t('agencies.groupHow')}</p>
    </PanelForm>
  )
}
