import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '@/base/icons'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { nameIn } from '@/cameras'
import { fetchGrants, fetchRoles, putRole, removeRole, type Role } from './api'
import { Panel, Rows, Waiting } from './Frame'
import { lifeOf } from './grants'
import { RoleForm } from './RoleForm'
import { RoleWords } from './RoleWords'
import { serverNow } from '@/base/server_clock'
import { useRowKeys } from './useRowKeys'
import classes from './administration.module.css'

const NEW = ' new'
const EMPTY: Role = { code: '', name: '', name_ar: '', permissions: ['camera:*:live'], look_back_days: null, built_in: false }

export function RolesPart({ tabs }: { tabs: ReactNode }) {
  const { t, i18n } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => fetchRoles(signal) })
  const grants = useQuery({ queryKey: ['grants'], queryFn: ({ signal }) => fetchGrants(signal) })
  const [selected, setSelected] = useState<string | null>(null)
  const [model, setModel] = useState<Role>(EMPTY)
  const again = () => client.invalidateQueries({ queryKey: ['roles'] })
  const failed = (fault: unknown) => void tell(wordsOf(fault, t as never), { tone: 'bad' })
  const add = (like: Role = EMPTY) => {
    setModel({ ...like, code: '', built_in: false, name: like.name ? t('roles.copyOf', { name: like.name }) : '', name_ar: '' })
    setSelected(NEW)
  }
  const remove = (role: Role) => {
    const { code, name, name_ar, permissions, look_back_days } = role
    const undo = () => void putRole(code, { name, name_ar, permissions, look_back_days }).then(again, failed)
    removeRole(code).then(() => {
      setSelected(null)
      tell(t('roles.removed', { name: role.name }), { action: { label: t('common.undo', { ns: 'app' }), act: undo } })
      return again()
    }, failed)
  }
  const now = serverNow()
  const holders = (role: Role) => (grants.data ?? []).filter((grant) => grant.role === role.code && lifeOf(grant, now) !== 'ended').length
  const role = list.data?.find((one) => one.code === selected) ?? null
  useRowKeys(t('part.roles'), { ids: (list.data ?? []).map((one) => one.code), selected, onSelect: setSelected, onAdd: () => add() })
  return (
    <>
      <section className={classes.list}>
        <header className={classes.bar}>
          {tabs}
          {list.data && <span className={classes.count}>{t('roles.total', { count: list.data.length })}</span>}
          <span className={classes.spring} />
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => add()} data-testid="role-add">{t('roles.add')}</Button>
        </header>
        <Waiting on={list}>
          <Rows>
            <thead>
              <tr>
                <th style={{ inlineSize: '24%' }}>{t('roles.column.name')}</th>
                <th>{t('roles.column.may')}</th>
                <th style={{ inlineSize: 130 }}>{t('roles.column.back')}</th>
                <th style={{ inlineSize: 80 }} className={classes.number}>{t('roles.column.grants')}</th>
              </tr>
            </thead>
            <tbody>
              {list.data?.map((one) => (
                <tr
                  key={one.code} data-row={one.code} data-open data-selected={one.code === selected || undefined} data-testid="role-row" tabIndex={0}
                  onClick={() => setSelected(one.code)} onKeyDown={(event) => event.key === 'Enter' && setSelected(one.code)}
                >
                  <td><bdi>{nameIn(one, i18n.language)}</bdi><small dir="ltr">{one.built_in ? t('roles.builtIn') : one.code}</small></td>
                  <td><RoleWords role={one} /></td>
                  <td className={classes.dim}>{one.look_back_days === null ? t('roles.unlimited') : t('roles.days', { count: one.look_back_days })}</td>
                  <td className={classes.number}>{holders(one)}</td>
                </tr>
              ))}
            </tbody>
          </Rows>
        </Waiting>
      </section>
      {selected === NEW && <Panel title={t('roles.add')} onClose={() => setSelected(null)} test="role-panel"><RoleForm key={model.name} role={model} onKept={(code) => setSelected(code)} /></Panel>}
      {role && (
        <Panel title={nameIn(role, i18n.language)} onClose={() => setSelected(null)} test="role-panel">
          <RoleForm key={`${role.code} ${role.permissions.join()}`} role={role} onKept={setSelected} onCopy={() => add(role)} {...(role.built_in ? {} : { onRemove: () => remove(role) })} />
        </Panel>
      )}
    </>
  )
}
