import { TextInput } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { arrange, nameIn, otherName, toneOf, useAgencies, useOld, type Camera } from '@/cameras'
import { useRights } from '@/access'
import { Icon } from '@/base/icons'
import { rowsOf } from './rows'
import classes from './picker.module.css'

interface Props {
  cameras: readonly Camera[]
  /** Camera by tile; the number beside a name is its tile's. */
  chosen: readonly (string | null)[]
  search: React.RefObject<HTMLInputElement | null>
  onToggle: (id: string) => void
  loading?: boolean
  /** The list could not be loaded; it is tried again. */
  failed?: boolean
  /** Above the list: what else belongs to the wall. */
  head?: ReactNode
  /** Wraps a camera's row, to make it something that can be dragged. */
  wrap?: (camera: Camera, row: ReactNode) => ReactNode
}

const ROW_PX = 44
const AGENCY_PX = 32
const SKELETONS = 8

/** All cameras beside the video, by agency: searched by any part of a name, taken in and out by a click or Enter. */
export function CameraPicker({ cameras, chosen, search, onToggle, loading = false, failed = false, head, wrap = (_, row) => row }: Props) {
  const { t, i18n } = useTranslation(['viewing', 'faults', 'cameras'])
  const old = useOld()
  const stateOf = ({ status }: Camera) => {
    const word = t(`state.${status.state}`, { ns: 'faults' })
    return status.fresh && !old ? word : `${word}, ${t('old', { ns: 'cameras' })}`
  }
  const [words, setWords] = useState('')
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const scroll = useRef<HTMLDivElement>(null)
  const agencies = useAgencies()
  const adds = useRights().some('manage')
  const agencyName = (code: string) => {
    const agency = agencies.data?.find((one) => one.code === code)
    return agency ? nameIn(agency, i18n.language) : code
  }
  const found = useMemo(() => arrange(cameras, { search: words, agency: null, state: null, sort: 'name', descending: false }), [cameras, words])
  const rows = useMemo(() => rowsOf(found, folded, words.trim() !== ''), [found, folded, words])
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list is used inside this component only
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: (index) => (rows[index]?.kind === 'agency' ? AGENCY_PX : ROW_PX), getItemKey: (index) => keyOf(rows[index]), overscan: 6 })
  const fold = (agency: string) => {
    const next = new Set(folded)
    if (!next.delete(agency)) next.add(agency)
    setFolded(next)
  }
  /** Up and down through the rows with the keyboard, from the search on. */
  const walk = (event: React.KeyboardEvent, from: number) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const to = from + by
    if (to < 0) search.current?.focus()
    else if (to < rows.length) {
      list.scrollToIndex(to)
      requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"] button`)?.focus())
    }
  }
  return (
    <aside className={classes.picker} aria-label={t('picker.cameras')} data-testid="camera-picker">
      {head}
      <TextInput
        ref={search} className={classes.search} placeholder={t('picker.find')} aria-label={t('picker.find')} value={words} leftSection={<Icon name="search" size={15} />} rightSection={<kbd>F</kbd>}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          const first = found[0]
          if (event.key === 'Enter' && first && words) {
            onToggle(first.id)
            setWords('')
          }
          walk(event, -1)
        }}
        data-testid="picker-search"
      />
      {loading && failed && <p className={classes.none} role="status">{t('picker.lost')}</p>}
      {loading && !failed && Array.from({ length: SKELETONS }, (_, index) => <i key={index} className={classes.skeleton} aria-hidden />)}
      {!loading && cameras.length === 0 && <p className={classes.none}>{t('picker.noCameras')} {adds && <Link href="/cameras">{t('picker.addFirst')}</Link>}</p>}
      {cameras.length > 0 && found.length === 0 && <p className={classes.none} role="status">{t('picker.nothing', { words })}</p>}
      <div ref={scroll} className={classes.list}>
        <div style={{ blockSize: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map((item) => {
            const row = rows[item.index]
            if (!row) return null
            return (
              <div key={item.key} className={classes.slot} style={{ transform: `translateY(${item.start}px)`, blockSize: item.size }} data-index={item.index} onKeyDown={(event) => walk(event, item.index)}>
                {row.kind === 'agency' ? (
                  <button type="button" className={classes.agency} aria-expanded={row.open} onClick={() => fold(row.agency)} data-testid="picker-agency">
                    <i aria-hidden />
                    <bdi>{agencyName(row.agency)}</bdi>
                    <small>{row.count}</small>
                  </button>
                ) : (
                  wrap(row.camera, (
                    <button
                      type="button" className={classes.row} aria-pressed={chosen.includes(row.camera.id)} title={[stateOf(row.camera), row.camera.status.reason].filter(Boolean).join(': ')}
                      onClick={() => onToggle(row.camera.id)} data-testid="picker-camera" data-camera={row.camera.id}
                    >
                      <i role="img" aria-label={stateOf(row.camera)} data-tone={toneOf({ ...row.camera.status, fresh: row.camera.status.fresh && !old })} data-fresh={row.camera.status.fresh && !old} />
                      <span>
                        <bdi>{nameIn(row.camera, i18n.language)}</bdi>
                        {beside(row.camera, i18n.language) && <small><bdi>{beside(row.camera, i18n.language)}</bdi></small>}
                      </span>
                      {chosen.includes(row.camera.id) && <b>{chosen.indexOf(row.camera.id) + 1}</b>}
                    </button>
                  ))
                )}
              </div>
            )
          })}
        </div>
      </div>
    </aside>
  )
}

/** What stands under the name: the one in the other language, or the place. */
function beside(camera: Camera, language: string): string {
  return otherName(camera, language) || camera.place.text
}

function keyOf(row: ReturnType<typeof rowsOf>[number] | undefined): string {
  if (!row) return ''
  return row.kind === 'agency' ? `agency ${row.agency}` : row.camera.id
}
