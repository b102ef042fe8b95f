import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { Fault, useRights, useSession } from '@/access'
import { Icon } from '@/base/icons'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { nameIn, useAgencies } from '@/cameras'
import { addUser, disableUser, enableUser, fetchUsers, recoverUser, type Handed, type User } from './api'
import { Nothing, Panel, PanelForm, Rows, Waiting, Word, type Tone } from './Frame'
import { shortStamp } from './stamp'
import { useRowKeys } from './useRowKeys'
import classes from './administration.module.css'

const KEY = ['users']
const NEW = 'new'

export function UsersPart({ tabs }: { tabs: ReactNode }) {
  const { t, i18n } = useTranslation(['administration', 'app'])
  const client = useQueryClient()
  const rights = useRights()
  const me = useSession()?.user_id
  const [like, setLike] = useState('')
  const [asked] = useDebouncedValue(like, 200)
  const [selected, setSelected] = useState<string | null>(null)
  const [handed, setHanded] = useState<Handed | null>(null)
  const [recovering, setRecovering] = useState<User | null>(null)
  const search = useRef<HTMLInputElement>(null)
  const list = useQuery({ queryKey: [...KEY, asked], queryFn: ({ signal }) => fetchUsers(asked, signal), placeholderData: keepPreviousData })
  const agencies = useAgencies().data ?? []
  const again = () => client.invalidateQueries({ queryKey: KEY })
  const failed = (fault: unknown) => void tell(wordsOf(fault, t as never), { tone: 'bad' })
  const turn = (user: User, on: boolean) => {
    const act = on ? enableUser : disableUser
    act(user.id).then(() => {
      tell(t(on ? 'users.enabled' : 'users.disabled', { name: user.name }), { tone: 'good', action: { label: t('common.undo', { ns: 'app' }), act: () => turn(user, !on) } })
      return again()
    }, failed)
  }
  const add = () => setSelected(NEW)
  const ids = (list.data?.items ?? []).map((user) => user.id)
  useRowKeys(t('part.users'), { ids, selected, onSelect: setSelected, search, onAdd: add })
  const agencyName = (code: string | null) => {
    const agency = agencies.find((one) => one.code === code)
    return agency ? nameIn(agency, i18n.language) : code
  }
  return (
    <>
      <section className={classes.list}>
        <header className={classes.bar}>
          {tabs}
          <TextInput ref={search} className={classes.search} placeholder={t('users.search')} aria-label={t('users.search')} leftSection={<Icon name="search" size={15} />} rightSection={<kbd>F</kbd>} value={like} onChange={(event) => setLike(event.currentTarget.value)} data-testid="user-search" />
          {list.data && <span className={classes.count}>{t('users.total', { count: list.data.total })}</span>}
          <span className={classes.spring} />
          <Button leftSection={<Icon name="plus" size={16} />} onClick={add} data-testid="user-add">{t('users.add')}</Button>
        </header>
        {handed && <OneTime of={handed} onDone={() => setHanded(null)} />}
        <Waiting on={list}>
          {list.data?.items.length === 0 && <Nothing icon="users" title={t('users.none')} />}
          {ids.length > 0 && (
            <Rows>
              <thead>
                <tr>
                  <th style={{ inlineSize: '22%' }}>{t('users.column.name')}</th>
                  <th style={{ inlineSize: '22%' }}>{t('users.column.fullName')}</th>
                  <th>{t('users.column.agency')}</th>
                  <th className={classes.least}>{t('users.column.source')}</th>
                  <th className={classes.least}>{t('users.column.factor')}</th>
                  <th style={{ inlineSize: 140 }}>{t('users.column.seen')}</th>
                  <th style={{ inlineSize: 160 }}>{t('users.column.state')}</th>
                  <th style={{ inlineSize: 290 }} aria-label={t('acts')} />
                </tr>
              </thead>
              <tbody>
                {list.data?.items.map((user) => (
                  <tr key={user.id} data-row={user.id} data-selected={selected === user.id || undefined} data-faint={user.disabled_at ? true : undefined} data-testid="user-row" onClick={() => setSelected(user.id)}>
                    <td><bdi>{user.name}</bdi>{user.employee_number && <small><bdi>{user.employee_number}</bdi></small>}</td>
                    <td><bdi>{i18n.language === 'ar' ? user.full_name_ar || user.full_name : user.full_name}</bdi></td>
                    <td className={classes.dim}><bdi>{agencyName(user.agency)}</bdi></td>
                    <td className={`${classes.dim ?? ''} ${classes.least ?? ''}`}>{t(`users.source.${user.source}`)}</td>
                    <td className={`${classes.dim ?? ''} ${classes.least ?? ''}`}>{user.totp ? t('users.on') : t('common.none', { ns: 'app' })}</td>
                    <td className={classes.clock} dir="ltr">{user.signed_in_at ? shortStamp(user.signed_in_at) : t('common.none', { ns: 'app' })}</td>
                    <td><StateOf user={user} /></td>
                    <td className={classes.acts}>
                      {rights.system('roles') && <Button component={Link} href={`/access/grants?user=${user.id}`} size="compact-xs" variant="subtle" data-testid="user-rights">{t('users.rights')}</Button>}
                      {!user.break_glass && user.source === 'local' && <Button size="compact-xs" variant="subtle" onClick={() => setRecovering(user)} data-testid="user-recover">{t('users.recover')}</Button>}
                      {user.id !== me && <Button size="compact-xs" variant="subtle" onClick={() => turn(user, user.disabled_at !== null)} data-testid="user-turn">{user.disabled_at ? t('users.enable') : t('users.disable')}</Button>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </Rows>
          )}
        </Waiting>
      </section>
      {selected === NEW && (
        <AddUser
          onClose={() => setSelected(null)}
          onDone={(made) => {
            setHanded(made)
            setSelected(null)
            void again()
          }}
        />
      )}
      {recovering && (
        <Recover
          user={recovering} onClose={() => setRecovering(null)}
          onDone={(made) => {
            setHanded(made)
            setRecovering(null)
            void again()
          }}
        />
      )}
    </>
  )
}

const TONES: Record<'active' | 'disabled' | 'oneTime' | 'sealed', Tone> = { active: 'good', disabled: 'plain', oneTime: 'warn', sealed: 'evidence' }

function StateOf({ user }: { user: User }) {
  const { t } = useTranslation('administration')
  const state = user.disabled_at ? 'disabled' : user.break_glass ? 'sealed' : user.one_time ? 'oneTime' : 'active'
  return <Word tone={TONES[state]}>{t(`users.state.${state}`)}</Word>
}

function OneTime({ of, onDone }: { of: Handed; onDone: () => void }) {
  const { t } = useTranslation('administration')
  return (
    <div className={classes.secret} role="status">
      <span>{t('users.oneTime', { name: of.user.name })}</span>
      <code data-testid="one-time-password">{of.one_time_password}</code>
      <Button variant="default" onClick={onDone} data-testid="one-time-done">{t('users.handedOver')}</Button>
    </div>
  )
}

function Recover({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: (made: Handed) => void }) {
  const { t } = useTranslation(['administration', 'app'])
  const recover = useMutation({ mutationFn: () => recoverUser(user.id), onSuccess: onDone })
  return (
    <Modal opened onClose={onClose} title={t('users.recoverTitle', { name: user.name })} closeButtonProps={{ 'aria-label': t('common.close', { ns: 'app' }) }}>
      <p className={classes.note}>{t('users.recoverSure', { name: user.name })}</p>
      <Fault of={recover.error} />
      <div className={classes.foot}>
        <Button color="red" loading={recover.isPending} onClick={() => recover.mutate()} data-testid="user-recover-go">{t('users.recover')}</Button>
        <Button variant="default" onClick={onClose} data-autofocus>{t('common.cancel', { ns: 'app' })}</Button>
      </div>
    </Modal>
  )
}

function AddUser({ onClose, onDone }: { onClose: () => void; onDone: (made: Handed) => void }) {
  const { t, i18n } = useTranslation('administration')
  const agencies = useAgencies().data ?? []
  const [user, setUser] = useState({ name: '', full_name: '', full_name_ar: '', employee_number: '' })
  const [agency, setAgency] = useState<string | null>(null)
  const add = useMutation({ mutationFn: () => addUser({ ...user, agency }), onSuccess: onDone })
  const field = (name: keyof typeof user, label: string, more: { required?: boolean; dir?: 'rtl'; autoFocus?: boolean } = {}) => (
    <TextInput label={label} value={user[name]} maxLength={200} onChange={(event) => setUser({ ...user, [name]: event.currentTarget.value })} data-testid={`user-${name}`} {...more} />
  )
  return (
    <Panel title={t('users.add')} onClose={onClose} test="user-new">
      <PanelForm
        onSubmit={() => add.mutate()} fault={add.error}
        acts={<Button type="submit" loading={add.isPending} data-testid="user-create">{t('users.create')}</Button>}
      >
        {field('name', t('users.name'), { required: true, autoFocus: true })}
        {field('full_name', t('users.fullName'))}
        {field('full_name_ar', t('users.fullNameAr'), { dir: 'rtl' })}
        {field('employee_number', t('users.employee'))}
        <Select label={t('users.agency')} clearable value={agency} onChange={setAgency} data={agencies.map((one) => ({ value: one.code, label: nameIn(one, i18n.language) }))} placeholder={t('users.noAgency')} data-testid="user-agency" />
        <p className={classes.note}>{t('users.addWords')}</p>
      </PanelForm>
    </Panel>
  )
}
