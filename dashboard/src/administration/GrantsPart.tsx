import { Button, Select, Switch, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { Icon } from '@/base/icons'
import { useNow } from '@/base/now'
import { serverNow } from '@/base/server_clock'
import { durationText } from '@/base/time'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { nameIn } from '@/cameras'
import { addGrant, fetchGrants, fetchRoles, withdrawGrant, type Grant, type Role } from './api'
import { Nothing, Panel, Rows, Waiting, Word } from './Frame'
import { GrantForm } from './GrantForm'
import { chosenGrants, lifeOf, readGrantWish, writeGrantWish, type GrantWish } from './grants'
import { useTargets } from './names'
import { RoleWords } from './RoleWords'
import { shortStamp } from './stamp'
import { useRowKeys } from './useRowKeys'
import classes from './administration.module.css'

const NEW = 'new'

export function GrantsPart({ tabs }: { tabs: ReactNode }) {
  const { t, i18n } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const [, go] = useLocation()
  const wish = readGrantWish(useSearch())
  const list = useQuery({ queryKey: ['grants'], queryFn: ({ signal }) => fetchGrants(signal), refetchInterval: 30_000 })
  const roles = useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => fetchRoles(signal) }).data ?? []
  const targetOf = useTargets()
  const [selected, setSelected] = useState<string | null>(null)
  const search = useRef<HTMLInputElement>(null)
  useNow(10_000)
  const now = serverNow()
  const roleOf = (code: string): Role | undefined => roles.find((one) => one.code === code)
  const roleName = (code: string) => {
    const role = roleOf(code)
    return role ? nameIn(role, i18n.language) : code
  }
  const whoOf = (grant: Grant) => grant.user_name ?? grant.told_group ?? grant.user_id ?? ''
  const shown = chosenGrants(list.data ?? [], wish, now, (grant) => `${whoOf(grant)} ${roleName(grant.role)} ${targetOf(grant).name} ${targetOf(grant).more}`)
  const change = (part: Partial<GrantWish>) => go(`/access/grants${writeGrantWish({ ...wish, ...part })}`, { replace: true })
  const again = () => client.invalidateQueries({ queryKey: ['grants'] })
  const failed = (fault: unknown) => void tell(wordsOf(fault, t as never), { tone: 'bad' })
  const withdraw = (grant: Grant) => {
    const back = { user_id: grant.user_id, told_group: grant.told_group, role: grant.role, on: grant.on, target: grant.target, until: grant.until }
    const undo = () => void addGrant(back).then(again, failed)
    withdrawGrant(grant.id).then(() => {
      tell(t('grants.withdrawn', { who: whoOf(grant), role: roleName(grant.role), target: targetOf(grant).name }), lifeOf(grant, serverNow()) === 'ended' ? {} : { action: { label: t('common.undo', { ns: 'app' }), act: undo } })
      return again()
    }, failed)
  }
  const add = () => setSelected(NEW)
  useRowKeys(t('part.grants'), { ids: shown.map((one) => one.id), selected, onSelect: setSelected, search, onAdd: add })
  const filtered = wish.user !== null || wish.role !== null || wish.words !== ''
  const person = wish.user ? (list.data?.find((one) => one.user_id === wish.user)?.user_name ?? t('grants.thisUser')) : null
  return (
    <>
      <section className={classes.list}>
        <header className={classes.bar}>
          {tabs}
          <TextInput ref={search} className={classes.search} placeholder={t('grants.search')} aria-label={t('grants.search')} leftSection={<Icon name="search" size={15} />} rightSection={<kbd>F</kbd>} value={wish.words} onChange={(event) => change({ words: event.currentTarget.value })} data-testid="grant-search" />
          <Select className={classes.filter} clearable aria-label={t('grants.role')} placeholder={t('grants.everyRole')} value={wish.role} onChange={(role) => change({ role })} data={roles.map((one) => ({ value: one.code, label: nameIn(one, i18n.language) }))} />
          {person !== null && <Button variant="light" rightSection={<Icon name="close" size={14} />} onClick={() => change({ user: null })} data-testid="grant-of-user"><bdi>{t('grants.ofUser', { name: person })}</bdi></Button>}
          <Switch label={t('grants.ended')} checked={wish.ended} onChange={(event) => change({ ended: event.currentTarget.checked })} data-testid="grant-ended" />
          {list.data && <span className={classes.count}>{t('grants.total', { count: shown.length })}</span>}
          <span className={classes.spring} />
          <Button leftSection={<Icon name="plus" size={16} />} onClick={add} data-testid="grant-add">{t('grants.add')}</Button>
        </header>
        <Waiting on={list}>
          {shown.length === 0 && (
            <Nothing icon="users" title={filtered ? t('grants.noneMatch') : t('grants.none')} words={t('grants.noneWords')}>
              {filtered && <Button variant="default" onClick={() => change({ user: null, role: null, words: '' })}>{t('clear')}</Button>}
            </Nothing>
          )}
          {shown.length > 0 && (
            <Rows>
              <thead>
                <tr>
                  <th style={{ inlineSize: '18%' }}>{t('grants.column.who')}</th>
                  <th>{t('grants.column.role')}</th>
                  <th style={{ inlineSize: '22%' }}>{t('grants.column.on')}</th>
                  <th style={{ inlineSize: 170 }}>{t('grants.column.until')}</th>
                  <th style={{ inlineSize: '15%' }} className={classes.least}>{t('grants.column.by')}</th>
                  <th style={{ inlineSize: 110 }} aria-label={t('acts')} />
                </tr>
              </thead>
              <tbody>
                {shown.map((grant) => {
                  const life = lifeOf(grant, now)
                  const target = targetOf(grant)
                  const role = roleOf(grant.role)
                  return (
                    <tr key={grant.id} data-row={grant.id} data-selected={grant.id === selected || undefined} data-faint={life === 'ended' || undefined} data-testid="grant-row">
                      <td><bdi>{whoOf(grant)}</bdi>{grant.told_group !== null && <small>{t('grants.group')}</small>}</td>
                      <td><bdi>{roleName(grant.role)}</bdi>{role && <RoleWords role={role} />}{role?.look_back_days != null && <small>{t('grants.back', { count: role.look_back_days })}</small>}</td>
                      <td><bdi>{target.name}</bdi><small><bdi>{[t(`grants.kind.${grant.on}`), target.more].filter(Boolean).join(' · ')}</bdi></small></td>
                      <td>
                        {grant.until === null ? <span className={classes.dim}>{t('grants.lasting')}</span> : <span className={classes.clock} dir="ltr">{shortStamp(grant.until)}</span>}
                        {life === 'ended' && <small>{t('grants.hasEnded')}</small>}
                        {life === 'soon' && grant.until !== null && <Word tone="warn">{t('grants.left', { time: durationText(Date.parse(grant.until) - now) })}</Word>}
                        {life === 'holds' && grant.until !== null && <small>{t('grants.left', { time: durationText(Date.parse(grant.until) - now) })}</small>}
                      </td>
                      <td className={classes.least}><bdi>{grant.granted_by_name ?? grant.granted_by}</bdi>{grant.granted_at && <small dir="ltr">{shortStamp(grant.granted_at)}</small>}</td>
                      <td className={classes.acts}><Button size="compact-xs" variant="subtle" onClick={() => withdraw(grant)} data-testid="grant-withdraw">{t('grants.withdraw')}</Button></td>
                    </tr>
                  )
                })}
              </tbody>
            </Rows>
          )}
        </Waiting>
      </section>
      {selected === NEW && <Panel title={t('grants.add')} onClose={() => setSelected(null)} test="grant-panel"><GrantForm user={wish.user} roles={roles} onKept={() => setSelected(null)} /></Panel>}
    </>
  )
}
