import { ActionIcon, Button, Menu, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useRights } from '@/access'
import { Icon, type IconName } from '@/base/icons'
import { tell, working } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { addGroup, type Agency, type Camera } from './api'
import { doAll, touched, undoAll, type Bulk, type Done } from './bulk'
import { nameIn } from './names'
import { useGroups } from './queries'
import classes from './bulk.module.css'

const MODES = ['continuous', 'off'] as const

function useBulk(): (cameras: readonly Camera[], bulk: Bulk, words: string) => Promise<void> {
  const { t } = useTranslation(['cameras', 'app'])
  const client = useQueryClient()
  const readAgain = () => Promise.all([client.invalidateQueries({ queryKey: ['cameras'] }), client.invalidateQueries({ queryKey: ['camera'] })])
  const failures = ({ failed }: Done) => {
    const [first] = failed
    if (first) tell(t('bulk.failed', { count: failed.length, name: first.camera.name, words: wordsOf(first.fault, t as never) }), { tone: 'bad' })
  }
  return async (cameras, bulk, words) => {
    const wanted = touched(cameras, bulk)
    if (wanted.length === 0) {
      tell(t('bulk.nothing'))
      return
    }
    const progress = (what: string) => {
      const message = working(t('bulk.progress', { what, done: 0, total: wanted.length }))
      return { ...message, on: (done: number) => message.say(t('bulk.progress', { what, done, total: wanted.length })) }
    }
    const doing = progress(words)
    const done = await doAll(wanted, bulk, doing.on)
    doing.end()
    await readAgain()
    failures(done)
    if (done.before.length === 0) return
    const undo = async () => {
      const back = progress(t('common.undo', { ns: 'app' }))
      const undone = await undoAll(done.before, bulk, back.on)
      back.end()
      await readAgain()
      failures(undone)
      tell(t('bulk.undone', { count: undone.before.length }), { tone: 'good' })
    }
    tell(t('bulk.done', { what: words, count: done.before.length }), { tone: 'good', action: { label: t('common.undo', { ns: 'app' }), act: () => void undo() } })
  }
}

interface Props {
  cameras: readonly Camera[]
  /** Chosen ones that the filters hide. */
  hidden: number
  agencies: readonly Agency[]
  onClear: () => void
}

/** What can be done with the chosen cameras, in place of the page's bar while there are any. */
export function BulkBar({ cameras, hidden, agencies, onClear }: Props) {
  const { t, i18n } = useTranslation('cameras')
  const groups = useGroups().data ?? []
  const rights = useRights()
  const client = useQueryClient()
  const bulk = useBulk()
  const [name, setName] = useState('')
  const change = (words: string, what: Extract<Bulk, { kind: 'change' }>['change']) => void bulk(cameras, { kind: 'change', change: what }, words)
  const remove = () => void bulk(cameras, { kind: 'remove' }, t('bulk.remove')).then(onClear)
  const intoNew = async () => {
    const group = await addGroup(name.trim())
    setName('')
    await client.invalidateQueries({ queryKey: ['groups'] })
    change(t('bulk.toGroup', { name: group.name }), { group_id: group.id })
  }
  return (
    <div className={classes.bar} role="toolbar" aria-label={t('bulk.label')} data-testid="bulk-bar">
      <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('bulk.clear')} title={`${t('bulk.clear')} (Esc)`} onClick={onClear} data-testid="bulk-clear"><Icon name="close" size={16} /></ActionIcon>
      <strong>{t('bulk.chosen', { count: cameras.length })}</strong>
      {hidden > 0 && <small>{t('bulk.hidden', { count: hidden })}</small>}
      <span className={classes.spring} />
      <Button variant="default" onClick={() => change(t('bulk.enable'), { enabled: true })} data-testid="bulk-enable">{t('bulk.enable')}</Button>
      <Button variant="default" onClick={() => change(t('bulk.disable'), { enabled: false })} data-testid="bulk-disable">{t('bulk.disable')}</Button>
      <Pick label={t('bulk.mode')} icon="clock" test="bulk-mode">
        {MODES.map((mode) => <Menu.Item key={mode} onClick={() => change(t('bulk.toMode', { mode: t(`mode.${mode}`) }), { mode })} data-testid={`bulk-mode-${mode}`}>{t(`mode.${mode}`)}</Menu.Item>)}
      </Pick>
      <Pick label={t('bulk.agency')} icon="panel" test="bulk-agency">
        {agencies.map((agency) => <Menu.Item key={agency.code} onClick={() => change(t('bulk.toAgency', { name: nameIn(agency, i18n.language) }), { agency: agency.code })} data-testid={`bulk-agency-${agency.code}`}>{nameIn(agency, i18n.language)}</Menu.Item>)}
      </Pick>
      <Pick label={t('bulk.group')} icon="live" test="bulk-group">
        {groups.map((group) => <Menu.Item key={group.id} onClick={() => change(t('bulk.toGroup', { name: nameIn(group, i18n.language) }), { group_id: group.id })}>{nameIn(group, i18n.language)}</Menu.Item>)}
        <Menu.Item onClick={() => change(t('bulk.noGroup'), { group_id: null })}>{t('bulk.noGroup')}</Menu.Item>
        {rights.system('agencies') && <form
          className={classes.create}
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim()) intoNew().catch((fault: unknown) => tell(wordsOf(fault, t as never), { tone: 'bad' }))
          }}
        >
          <TextInput value={name} onChange={(event) => setName(event.currentTarget.value)} placeholder={t('bulk.newGroup')} aria-label={t('bulk.newGroup')} maxLength={100} dir="auto" data-testid="bulk-group-new" />
          <Button type="submit" disabled={!name.trim()}>{t('bulk.make')}</Button>
        </form>}
      </Pick>
      <Button variant="default" c="var(--failed)" leftSection={<Icon name="trash" size={16} />} onClick={remove} data-testid="bulk-remove">{t('bulk.remove')}</Button>
    </div>
  )
}

function Pick({ label, icon, test, children }: { label: string; icon: IconName; test: string; children: ReactNode }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button variant="default" leftSection={<Icon name={icon} size={16} />} data-testid={test}>{label}</Button></Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
}
