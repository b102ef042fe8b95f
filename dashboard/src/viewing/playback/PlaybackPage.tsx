import { Button } from '@mantine/core'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { useRights, type Rights } from '@/access'
import { nameIn, useCameras, type Camera } from '@/cameras'
import { serverNow } from '@/base/server_clock'
import type { Span } from '@/base/spans'
import { Store, useStore } from '@/base/store'
import { clockText, durationText, HOUR } from '@/base/time'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { purpose } from '@/base/purpose'
import { MOST_TILES, playbackAddress, readPlace } from './address'
import { downloadUrl, purposeRequired, type Gap } from './api'
import { Bar } from './Bar'
import { askHolding, LONGEST_DOWNLOAD_MS, type Holding } from './download'
import { useColumns } from './grid'
import { CameraPicker } from '../picker/CameraPicker'
import { saveAs, savePictureOf } from '../tile/snapshot'
import { Tile } from './Tile'
import { Timeline } from './timeline/Timeline'
import { centred } from './timeline/view'
import { asking, PurposeBox } from './PurposeBox'
import type { PlaybackSession } from './session'
import { usePlayback } from './usePlayback'
import { usePlaybackKeys } from './usePlaybackKeys'
import { useTimeline } from './useTimeline'
import classes from './playback.module.css'

const WRITE_ADDRESS_MS = 1000
const START_BEHIND_MS = 20_000

/** The present with what was before it, and some room ahead. */
function atPresent(span: number) {
  return centred(serverNow() - span * 0.35, span)
}

function placeIn(session: PlaybackSession): number | 'now' {
  return session.live.get() ? 'now' : Math.floor(session.clock.moment())
}

/** Of a camera that is not listed (any more) the server decides. */
const mayPlay = (camera: Camera | undefined, rights: Rights) => camera === undefined || rights.may('playback', camera)
const mayLive = (camera: Camera | undefined, rights: Rights) => camera === undefined || rights.may('live', camera)
const mayTake = (camera: Camera | undefined, rights: Rights) => camera !== undefined && rights.may('export', camera)

export function PlaybackPage() {
  const { t, i18n } = useTranslation(['playback', 'app'])
  const [, go] = useLocation()
  const query = useSearch()
  const chosen = readPlace(query).cameras.join()
  const cameras = useMemo(() => chosen.split(',').filter(Boolean), [chosen])
  const [first] = useState(() => readPlace(query))
  const [view] = useState(() => {
    const span = first.span ?? HOUR
    return new Store(typeof first.at === 'number' ? centred(first.at, span) : atPresent(span))
  })
  const [range] = useState(() => new Store<Span | null>(null))
  const { session, failed } = usePlayback(() => (typeof first.at === 'number' ? { moment: first.at, play: 'no' } : { moment: serverNow() - START_BEHIND_MS, play: first.at === 'now' ? 'live' : 'recorded' }))
  const list = useCameras()
  const rights = useRights()
  const all = useMemo(() => (list.data ?? []).filter((camera) => rights.may('playback', camera)), [list.data, rights])
  const known = useMemo(() => new Map((list.data ?? []).map((camera) => [camera.id, camera])), [list.data])
  const takeable = useMemo(() => cameras.filter((id) => mayTake(known.get(id), rights)), [cameras, known, rights])
  const playable = useMemo(() => cameras.filter((id) => mayPlay(known.get(id), rights)), [cameras, known, rights])
  const [selected, setSelected] = useState<string | null>(null)
  const [panel, setPanel] = useState(() => window.innerWidth > 1280 || first.cameras.length === 0)
  const [going, setGoing] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const columns = useColumns(grid, cameras.length)
  const timeline = useTimeline(playable, view)
  const leading = selected !== null && cameras.includes(selected) ? selected : (cameras[0] ?? null)

  useEffect(() => {
    if (!session || cameras.length === 0) return undefined
    const write = () => {
      const { span } = view.get()
      const next = playbackAddress({ cameras, at: placeIn(session), span })
      if (next !== window.location.pathname + window.location.search) window.history.replaceState(null, '', next)
    }
    const timer = setInterval(write, WRITE_ADDRESS_MS)
    return () => clearInterval(timer)
  }, [session, cameras, view])

  useEffect(() => {
    // eslint-disable-next-line react-hooks/immutability -- the session is no state of React's
    if (session) session.mayLive = (id) => mayLive(known.get(id), rights)
  }, [session, known, rights])

  const choose = useCallback((next: string[]) => {
    go(playbackAddress({ cameras: next, at: session ? placeIn(session) : first.at, span: view.get().span }), { replace: true })
  }, [first, go, session, view])
  const remove = useCallback((id: string) => choose(cameras.filter((one) => one !== id)), [cameras, choose])
  const toggle = (id: string) => {
    if (cameras.includes(id)) remove(id)
    else if (cameras.length >= MOST_TILES) tell(t('full', { most: MOST_TILES }))
    else {
      choose([...cameras, id])
      setSelected(id)
    }
  }
  const gapAt = useCallback((camera: string, moment: number): Gap | null => timeline.data?.cameras.get(camera)?.gaps.find((gap) => gap.from <= moment && moment < gap.to) ?? null, [timeline.data])
  const nameOf = (id: string) => {
    const camera = known.get(id)
    return camera ? nameIn(camera, i18n.language) : id
  }
  const snapshot = (id: string) => {
    const picture = session?.picture(id)
    void savePictureOf(picture?.video, nameOf(id), picture?.moment ?? Number.NaN).then((file) => tell(file ? t('snapshotSaved', { file }) : t('snapshotFailed'), { tone: file ? 'good' : 'bad' }))
  }
  const take = (id: string, marked: Span) => {
    const words = { name: nameOf(id), from: clockText(marked.from), to: clockText(marked.to) }
    const start = (holds: Holding) => {
      if (holds.kind === 'long') tell(t('downloadLong', { most: durationText(LONGEST_DOWNLOAD_MS) }), { tone: 'bad' })
      else if (holds.kind === 'nothing') tell(t('downloadNothing', words), { tone: 'bad' })
      else {
        saveAs(downloadUrl(id, marked), '')
        tell(holds.kind === 'part' ? t('downloadPart', { ...words, length: durationText(holds.ms) }) : t('downloading', words))
      }
    }
    askHolding(id, marked).then(start, (fault: unknown) => tell(wordsOf(fault, t as never), { tone: 'bad' }))
  }
  const download = (id: string) => {
    const marked = range.get()
    const agency = known.get(id)?.agency
    if (!marked || agency === undefined) return
    if (purpose.get()) take(id, marked)
    else {
      purposeRequired(agency).then((required) => {
        if (required) asking.set({ then: () => take(id, marked) })
        else take(id, marked)
      }, (fault: unknown) => tell(wordsOf(fault, t as never), { tone: 'bad' }))
    }
  }
  const toNow = () => {
    session?.goLive()
    view.set(atPresent(view.get().span))
  }
  const showPanel = () => setPanel((open) => !open)
  const find = () => {
    // At once: whoever presses F goes on typing.
    flushSync(() => setPanel(true))
    search.current?.focus()
  }

  usePlaybackKeys({ session, view, range, cameras, columns, leading, onSelect: setSelected, onNow: toNow, onGo: () => setGoing(true), onSnapshot: snapshot, onFind: find, onPanel: showPanel, onRemove: remove, grid })

  return (
    <div className={classes.page} data-testid="playback-page">
      <div className={classes.stage}>
        <div ref={grid} className={classes.tiles} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }} data-testid="tiles">
          {cameras.length === 0 && (
            <div className={classes.empty} data-testid="playback-empty">
              <h2>{list.isSuccess && all.length === 0 ? t('empty.noCameras') : t('empty.title')}</h2>
              <p>{list.isSuccess && all.length === 0 ? t('empty.addFirst') : t('empty.words')}</p>
            </div>
          )}
          {!session && cameras.length > 0 && (
            <div className={classes.empty} role="status" data-testid="playback-loading">
              <p>{failed ? t('loadFailed') : t('loading')}</p>
              {failed && <Button onClick={() => window.location.reload()}>{t('fault.again', { ns: 'app' })}</Button>}
            </div>
          )}
          {session && cameras.map((id) => (
            <Tile key={id} id={id} camera={known.get(id)} mayLive={mayLive(known.get(id), rights)} session={session} selected={id === leading} alone={cameras.length === 1} gapAt={gapAt} onSelect={setSelected} onRemove={remove} onSnapshot={snapshot} />
          ))}
          {session && <Skipped session={session} />}
          <PurposeBox />
        </div>
        {panel && <CameraPicker cameras={all} chosen={cameras} search={search} onToggle={toggle} loading={list.data === undefined} failed={list.isError} />}
      </div>
      {session && cameras.length > 0 && (
        <>
          <Bar session={session} view={view} range={range} cameras={cameras} takeable={takeable} known={known} going={going} onGoing={setGoing} onStep={(direction) => session.step(leading, direction)} onNow={toNow} onDownload={download} onPanel={showPanel} panel={panel} />
          <Timeline cameras={cameras} known={known} session={session} view={view} range={range} data={timeline.data} failed={timeline.isError} selected={leading} onSelect={setSelected} />
        </>
      )}
    </div>
  )
}

const NOTICE_MS = 2500

function Skipped({ session }: { session: PlaybackSession }) {
  const { t } = useTranslation('playback')
  const skip = useStore(session.skip)
  useEffect(() => {
    if (!skip) return undefined
    const timer = setTimeout(() => session.skip.set(null), NOTICE_MS)
    return () => clearTimeout(timer)
  }, [skip, session])
  if (!skip) return null
  return <p className={classes.skipped} role="status" data-testid="skipped">{t('skipped', { length: durationText(Math.abs(skip.to - skip.from)) })}</p>
}
