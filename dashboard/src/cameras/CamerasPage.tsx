import { Button, Select, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { useRights } from '@/access'
import { connection } from '@/base/connection'
import { Icon } from '@/base/icons'
import { useKeys } from '@/base/keys'
import { useNow } from '@/base/now'
import { rowFrom } from '@/base/rows'
import { serverNow } from '@/base/server_clock'
import { useStore } from '@/base/store'
import type { Camera } from './api'
import { choose } from './bulk'
import { BulkBar } from './BulkBar'
import { CameraForm } from './CameraForm'
import { CameraPanel, type Tab } from './CameraPanel'
import { CameraTable } from './CameraTable'
import { ImportDialog } from './ImportDialog'
import { arrange, type SortKey, type Wish } from './list'
import { nameIn } from './names'
import { useAgencies, useCameras } from './queries'
import { useRemoval } from './removal'
import { STATES, summaryOf } from './states'
import { readWish, writeWish } from './wish'
import classes from './cameras.module.css'

const NEW = 'new'
const PAGE_ROWS = 15

export function CamerasPage({ selected }: { selected: string | null }) {
  const { t, i18n } = useTranslation(['cameras', 'faults'])
  const [, go] = useLocation()
  const query = useSearch()
  const wish = useMemo(() => readWish(query), [query])
  const [importing, setImporting] = useState(false)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const lastChosen = useRef<string | null>(null)
  const [tab, setTab] = useState<Tab>('overview')
  const search = useRef<HTMLInputElement>(null)
  const list = useCameras()
  const rights = useRights()
  const adds = rights.some('manage')
  const agencies = useAgencies().data ?? []
  const remove = useRemoval()
  const client = useQueryClient()
  const { lost } = useStore(connection)
  useNow(1000)

  const all = useMemo(() => list.data ?? [], [list.data])
  const shown = useMemo(() => arrange(all, wish), [all, wish])
  const summary = useMemo(() => summaryOf(all.map((camera) => camera.status)), [all])
  const camera = all.find((one) => one.id === selected) ?? null

  // Only cameras that still exist: somebody else may have removed one.
  const chosenCameras = useMemo(() => all.filter((one) => chosen.has(one.id) && rights.may('manage', one)), [all, chosen, rights])
  const order = useRef<string[]>([])
  useEffect(() => {
    order.current = shown.map((one) => one.id)
  }, [shown])
  // Whoever closes the panel goes on from there.
  const lastOpen = useRef<string | null>(null)
  useEffect(() => {
    if (selected !== null && selected !== NEW) lastOpen.current = selected
  }, [selected])
  const chooseRow = useCallback((id: string, range: boolean) => {
    const last = lastChosen.current
    lastChosen.current = id
    setChosen((before) => choose(before, order.current, id, last, range))
  }, [])
  const chooseAll = (every: boolean) => setChosen(new Set(every ? shown.filter((one) => rights.may('manage', one)).map((one) => one.id) : []))
  const chooseNone = () => setChosen(new Set())

  const change = (part: Partial<Wish>) => go(`/cameras${selected ? `/${selected}` : ''}${writeWish({ ...wish, ...part })}`, { replace: true })
  const open = useCallback((id: string | null, options?: { replace: boolean }) => go(`/cameras${id ? `/${id}` : ''}${query ? `?${query}` : ''}`, options), [go, query])
  const openRow = useCallback((id: string) => open(id), [open])
  const sort = (key: SortKey) => change({ sort: key, descending: wish.sort === key ? !wish.descending : false })
  const close = () => {
    setTab('overview')
    open(null)
  }
  const move = (by: number) => {
    const next = rowFrom(order.current, selected, lastOpen.current, by)
    if (next !== undefined) open(next, { replace: selected !== null })
    return next ?? null
  }
  const managed = (one: Camera | null) => one !== null && rights.may('manage', one)
  const playBack = (one: Camera | null) => one && go(`/playback?cameras=${one.id}`)
  const removeIt = (one: Camera | null) => {
    if (!one) return
    remove(one)
    close()
  }

  useKeys(t('keys'), [
    { keys: ['f', '/'], label: t('key.find'), act: () => search.current?.focus() },
    { keys: ['ArrowDown'], label: t('key.down'), act: () => move(1) },
    { keys: ['ArrowUp'], label: t('key.up'), act: () => move(-1) },
    { keys: ['PageDown'], label: t('key.downMany', { count: PAGE_ROWS }), act: () => move(PAGE_ROWS) },
    { keys: ['PageUp'], label: t('key.upMany', { count: PAGE_ROWS }), act: () => move(-PAGE_ROWS) },
    ...(adds ? [
      { keys: ['a'], label: t('key.add'), act: () => open(NEW) },
      { keys: ['i'], label: t('key.import'), act: () => setImporting(true) },
      { keys: ['e'], label: t('key.edit'), act: () => managed(camera) && setTab('settings') },
      { keys: ['p'], label: t('key.probe'), act: () => managed(camera) && setTab('probe') },
      { keys: ['Delete'], label: t('key.remove'), act: () => managed(camera) && removeIt(camera) },
    ] : []),
    { keys: ['v', 'Enter'], label: t('key.play'), act: () => camera && rights.may('playback', camera) && playBack(camera) },
    ...(adds ? [
      { keys: ['x'], label: t('key.choose'), act: () => camera && chooseRow(camera.id, false) },
      { keys: ['Shift+ArrowDown', 'Shift+ArrowUp'], label: t('key.chooseMore'), act: (event: KeyboardEvent) => {
        if (camera && !chosen.has(camera.id)) chooseRow(camera.id, false)
        const next = move(event.key === 'ArrowDown' ? 1 : -1)
        if (next) chooseRow(next, true)
      } },
      { keys: ['Ctrl+a'], label: t('key.chooseAll'), act: () => chooseAll(true) },
    ] : []),
    {
      keys: ['Escape'], label: t('key.close'), inFields: true,
      act: () => {
        if (document.activeElement === search.current && wish.search) change({ search: '' })
        else if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur()
        else if (chosen.size > 0) chooseNone()
        else if (selected) close()
      },
    },
  ])

  const empty = list.isSuccess && all.length === 0
  return (
    <div className={classes.page} data-testid="cameras-page">
      <section className={classes.list}>
        {chosenCameras.length > 0 && <BulkBar cameras={chosenCameras} agencies={agencies} onClear={chooseNone} hidden={chosenCameras.filter((one) => !shown.includes(one)).length} />}
        {chosenCameras.length === 0 && <header className={classes.bar}>
          <h1>{t('title')}</h1>
          <span className={classes.count} data-testid="camera-count">
            <bdi>{shown.length === all.length ? t('count', { count: all.length }) : t('shown', { shown: shown.length, total: all.length })}</bdi>
            {all.length > 0 && !lost && <em data-tone={summary.word}><bdi>{t(summary.word, { count: summary.troubled || summary.off })}</bdi></em>}
          </span>
          <TextInput
            ref={search} className={classes.search} value={wish.search} onChange={(event) => change({ search: event.currentTarget.value })} placeholder={t('search')} aria-label={t('search')}
            leftSection={<Icon name="search" size={15} />} rightSection={<kbd>F</kbd>} data-testid="camera-search"
          />
          <Select
            className={classes.filter} clearable aria-label={t('agency')} placeholder={t('everyAgency')} value={wish.agency} onChange={(agency) => change({ agency })}
            data={agencies.map((agency) => ({ value: agency.code, label: nameIn(agency, i18n.language) }))} data-testid="filter-agency"
          />
          <Select
            className={classes.filter} clearable aria-label={t('state')} placeholder={t('everyState')} value={wish.state} onChange={(state) => change({ state: state })}
            data={STATES.map((state) => ({ value: state, label: t(`state.${state}`, { ns: 'faults' }) }))} data-testid="filter-state"
          />
          <span className={classes.spring} />
          {adds && <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={() => setImporting(true)} data-testid="import-open">{t('import')}</Button>}
          {adds && <Button leftSection={<Icon name="plus" size={16} />} onClick={() => open(NEW)} data-testid="camera-add">{t('add')}</Button>}
        </header>}
        {list.isPending && <Loading />}
        {list.isError && !list.data && <Nothing title={t('lost.title')} words={t('lost.words')} />}
        {empty && !adds && <Nothing title={t('empty.notYours')} words={t('empty.notYoursWords')} />}
        {empty && adds && (
          <Nothing title={t('empty.title')} words={t('empty.words')}>
            <Button leftSection={<Icon name="plus" size={16} />} onClick={() => open(NEW)}>{t('add')}</Button>
            <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={() => setImporting(true)}>{t('import')}</Button>
          </Nothing>
        )}
        {all.length > 0 && shown.length === 0 && (
          <Nothing title={t('empty.none')} words="">
            <Button variant="default" onClick={() => change({ search: '', agency: null, state: null })}>{t('empty.clear')}</Button>
          </Nothing>
        )}
        {shown.length > 0 && <CameraTable cameras={shown} agencies={agencies} wish={wish} onSort={sort} selected={selected} chosen={chosen} onChoose={adds ? chooseRow : null} onChooseAll={chooseAll} onOpen={openRow} now={Math.floor(serverNow() / 1000) * 1000} />}
      </section>
      {selected === NEW && adds && (
        <aside className={classes.panel} aria-label={t('add')}>
          <CameraForm
            agencies={agencies} camera={null} onClose={close}
            onKept={(id) => {
              void client.invalidateQueries({ queryKey: ['cameras'] })
              open(id)
            }}
          />
        </aside>
      )}
      {selected !== null && selected !== NEW && (
        <aside className={classes.panel} aria-label={t('panel.label')}>
          <CameraPanel key={selected} id={selected} known={camera} agencies={agencies} tab={tab} onTab={setTab} onClose={close} onPlay={playBack} onRemove={removeIt} />
        </aside>
      )}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </div>
  )
}

function Loading() {
  return (
    <div className={classes.skeletons} data-testid="cameras-loading" aria-busy>
      {Array.from({ length: 14 }, (_, index) => <i key={index} style={{ animationDelay: `${index * 60}ms` }} />)}
    </div>
  )
}

function Nothing({ title, words, children }: { title: string; words: string; children?: React.ReactNode }) {
  return (
    <div className={classes.nothing} data-testid="cameras-nothing">
      <Icon name="cameras" size={40} />
      <h2>{title}</h2>
      {words && <p>{words}</p>}
      <div>{children}</div>
    </div>
  )
}
