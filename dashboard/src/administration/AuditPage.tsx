import { Button } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { Icon } from '@/base/icons'
import { durationText } from '@/base/time'
import { nameIn } from '@/cameras'
import { exportUrl, fetchWatched, searchAudit, type Entry, type Watched } from './api'
import { AuditFilters } from './AuditFilters'
import { queryOf, readAuditWish, writeAuditWish, type AuditWish } from './audit_wish'
import { EntryFacts, ResultWord, useActionName, useThingName } from './EntryFacts'
import { Nothing, Panel, Waiting } from './Frame'
import { stamp } from './stamp'
import { useRowKeys } from './useRowKeys'
import classes from './administration.module.css'

const VIEWS = ['entries', 'watched'] as const
const NONE: readonly Entry[] = []

/** Who did what to which thing, when, from where, with what result. It only reads: nobody changes an entry. */
export function AuditPage() {
  const { t } = useTranslation('administration')
  const [, go] = useLocation()
  const query = useSearch()
  const wish = readAuditWish(query)
  const view = new URLSearchParams(query).get('view') === 'watched' ? 'watched' : 'entries'
  const show = (next: AuditWish, as = view) => go(`/audit${writeAuditWish(next, as === 'watched' ? { view: as } : {})}`, { replace: true })
  const filtered = Object.keys(wish).length > 0
  return (
    <div className={classes.page} data-testid="audit">
      {view === 'entries' ? <Entries query={query} wish={wish} head={head} onNarrow={(part) => show({ ...wish, ...part })} /> : <WatchedList wish={wish} head={head} />}
    </div>
  )

  function head(again: () => void) {
    return (
      <>
        <header className={classes.bar}>
          <h1>{t('audit.title')}</h1>
          <nav className={classes.parts} aria-label={t('audit.views')}>
            {VIEWS.map((one) => <button key={one} type="button" aria-pressed={one === view} onClick={() => show(wish, one)} data-testid={`audit-${one}`}>{t(`audit.view.${one}`)}</button>)}
          </nav>
          <span className={classes.spring} />
          {filtered && <Button variant="subtle" onClick={() => show({})} data-testid="audit-clear">{t('clear')}</Button>}
          <Button variant="default" onClick={again} data-testid="audit-again">{t('audit.again')}</Button>
          <Button component="a" href={exportUrl(queryOf(wish))} download variant="default" leftSection={<Icon name="download" size={16} />} title={t('audit.exportWords')} data-testid="audit-export">{t('audit.export')}</Button>
        </header>
        <AuditFilters wish={wish} onChange={(part) => show({ ...wish, ...part })} />
      </>
    )
  }
}

interface Props {
  wish: AuditWish
  head: (again: () => void) => React.ReactNode
}

function Entries({ query, wish, head, onNarrow }: Props & { query: string; onNarrow: (part: AuditWish) => void }) {
  const { t } = useTranslation(['administration', 'app'])
  const actionName = useActionName()
  const thingName = useThingName()
  // An entry is open in the search in which it was chosen, and in no other.
  const [chosen, setChosen] = useState<{ id: string | null; query: string }>({ id: null, query })
  const selected = chosen.query === query ? chosen.id : null
  const setSelected = (id: string | null) => setChosen({ id, query })
  const client = useQueryClient()
  const queryKey = ['audit', queryOf(wish)]
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => searchAudit({ ...queryOf(wish), before: pageParam, limit: 100 }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    staleTime: Infinity,
    meta: { byHand: true },
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  })
  // The newest page only: each older one would be asked for again, and nobody changes an entry.
  const again = () => {
    client.setQueryData<typeof list.data>(queryKey, (known) => known && { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) })
    void list.refetch()
  }
  const entries = list.data?.pages.flatMap((page) => page.items) ?? NONE
  const entry = entries.find((one) => String(one.id) === selected) ?? null
  useRowKeys(t('audit.title'), { ids: entries.map((one) => String(one.id)), selected, onSelect: setSelected })
  return (
    <>
      <section className={classes.list}>
        {head(again)}
        <Waiting on={list}>
          {entries.length === 0 && <Nothing icon="audit" title={t('audit.none')} words={t('audit.noneWords')} />}
          {entries.length > 0 && (
            <div className={classes.scroll} aria-busy={list.isPlaceholderData || undefined}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th style={{ inlineSize: 172 }}>{t('audit.column.at')}</th>
                    <th style={{ inlineSize: '15%' }}>{t('audit.column.who')}</th>
                    <th style={{ inlineSize: '19%' }}>{t('audit.column.action')}</th>
                    <th>{t('audit.column.thing')}</th>
                    <th style={{ inlineSize: 96 }}>{t('audit.column.result')}</th>
                    <th style={{ inlineSize: 92 }} className={classes.number}>{t('audit.column.watched')}</th>
                    <th style={{ inlineSize: '16%' }} className={classes.least}>{t('audit.column.case')}</th>
                    <th style={{ inlineSize: 120 }} className={classes.least}>{t('audit.column.from')}</th>
                  </tr>
                </thead>
                <tbody>
                  {entries.map((one) => (
                    <tr
                      key={one.id} data-row={one.id} data-open data-selected={String(one.id) === selected || undefined} data-testid="audit-row" data-action={one.action} tabIndex={0}
                      onClick={() => setSelected(String(one.id))} onKeyDown={(event) => event.key === 'Enter' && setSelected(String(one.id))}
                    >
                      <td className={classes.clock} dir="ltr">{stamp(one.at)}</td>
                      <td><bdi>{one.actor_name || one.actor_id}</bdi>{one.actor_kind !== 'person' && <small>{t(`audit.actorKind.${one.actor_kind as 'machine'}`, { defaultValue: one.actor_kind })}</small>}</td>
                      <td>{actionName(one.action)}</td>
                      <td><bdi>{thingName(one)}</bdi>{one.agency && <small><bdi>{one.agency}</bdi></small>}</td>
                      <td><ResultWord result={one.result} /></td>
                      <td className={classes.number}>{one.seconds === null ? '' : durationText(one.seconds * 1000)}</td>
                      <td className={classes.least}><bdi>{one.case_ref}</bdi>{one.reason && <small><bdi>{one.reason}</bdi></small>}</td>
                      <td className={`${classes.least ?? ''} ${classes.dim ?? ''}`} dir="ltr">{one.address}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <div className={classes.more}>
                {list.hasNextPage
                  ? <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} data-testid="audit-more">{t('audit.older')}</Button>
                  : <span>{t('audit.end', { count: entries.length })}</span>}
              </div>
            </div>
          )}
        </Waiting>
      </section>
      {entry && <Panel title={actionName(entry.action)} onClose={() => setSelected(null)} test="audit-entry"><EntryFacts entry={entry} onNarrow={onNarrow} /></Panel>}
    </>
  )
}

function WatchedList({ wish, head }: Props) {
  const { t, i18n } = useTranslation('administration')
  const list = useQuery({ queryKey: ['audit watched', queryOf(wish)], queryFn: ({ signal }) => fetchWatched(queryOf(wish), signal), staleTime: Infinity, meta: { byHand: true }, refetchOnWindowFocus: false, placeholderData: keepPreviousData })
  const rows = list.data ?? []
  const total = rows.reduce((sum, row) => sum + row.seconds, 0)
  const nameOf = (row: Watched) => (row.camera_name === null ? row.camera_id : nameIn({ name: row.camera_name, name_ar: row.camera_name_ar ?? '' }, i18n.language))
  useRowKeys(t('audit.title'), { ids: [], selected: null, onSelect: () => undefined })
  return (
    <section className={classes.list}>
      {head(() => void list.refetch())}
      <Waiting on={list}>
        {rows.length === 0 && <Nothing icon="audit" title={t('audit.nothingWatched')} words={t('audit.noneWords')} />}
        {rows.length > 0 && (
          <div className={classes.scroll} aria-busy={list.isPlaceholderData || undefined}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th>{t('audit.column.camera')}</th>
                  <th>{t('audit.column.who')}</th>
                  <th style={{ inlineSize: 130 }} className={classes.number}>{t('audit.column.watched')}</th>
                  <th style={{ inlineSize: 110 }} className={classes.number}>{t('audit.column.times')}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${row.camera_id} ${row.actor_id}`} data-testid="watched-row">
                    <td><bdi>{nameOf(row)}</bdi></td>
                    <td><bdi>{row.actor_name || row.actor_id}</bdi></td>
                    <td className={classes.number}>{durationText(row.seconds * 1000)}</td>
                    <td className={classes.number}>{row.times}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <div className={classes.more}><span>{t('audit.total', { time: durationText(total * 1000) })}</span></div>
          </div>
        )}
      </Waiting>
    </section>
  )
}
