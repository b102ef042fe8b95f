import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useQuery } from '@tanstack/react-query'
import { useRights } from '@/access'
import { fetchStill } from '@/base/api/still'
import { useNow } from '@/base/now'
import { serverNow } from '@/base/server_clock'
import { DAY, MINUTE, clockText, dayText, durationText } from '@/base/time'
import type { Agency, Camera } from './api'
import { videoText } from './CameraTable'
import { DayStrip } from './DayStrip'
import { fetchDays, shareText, wordOf } from './day'
import { nameIn } from './names'
import { useHistory } from './queries'
import classes from './panel.module.css'

const STILL_MS = 10_000
const HISTORY_SHOWN = 8

function useDay(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ['day', id],
    queryFn: async ({ signal }) => {
      const to = Math.ceil(serverNow() / MINUTE) * MINUTE
      return (await fetchDays([id], { from: to - DAY, to }, signal)).get(id)
    },
    enabled: wanted,
    refetchInterval: STILL_MS,
  })
}

/** The newest recorded picture, with its age by the server's word: a still that is old says so. */
function Still({ id, newest }: { id: string; newest: number | null | undefined }) {
  const { t } = useTranslation('cameras')
  const [still, setStill] = useState<{ url: string; moment: number | null } | null>(null)
  const [failed, setFailed] = useState(false)
  useNow(1000)
  useEffect(() => {
    if (newest == null) return undefined
    const stop = new AbortController()
    fetchStill(id, newest - 2000, 640, stop.signal).then((found) => {
      setFailed(found === null)
      if (found) setStill(found)
    }, () => undefined)
    return () => stop.abort()
  }, [id, newest])
  useEffect(() => () => {
    if (still) URL.revokeObjectURL(still.url)
  }, [still])
  if (newest === undefined) return <div className={classes.still} aria-busy />
  return (
    <div className={classes.still} aria-busy={!still && !failed && newest !== null}>
      {still && <img src={still.url} alt={t('panel.still')} data-testid="panel-still" />}
      {!still && (failed || newest === null) && <span>{t('panel.noStill')}</span>}
      {still?.moment != null && <small dir="ltr">{clockText(still.moment)} · {t('panel.stillAge', { age: durationText(serverNow() - still.moment) })}</small>}
    </div>
  )
}

export function Overview({ camera, agencies }: { camera: Camera; agencies: readonly Agency[] }) {
  const { t, i18n } = useTranslation(['cameras', 'faults'])
  const looksBack = useRights().may('playback', camera)
  const asked = useDay(camera.id, looksBack)
  const day = asked.data
  const history = useHistory(camera.id).data?.history ?? []
  const word = wordOf(day)
  const share = typeof word !== 'string' ? t('percent', { value: shareText(word.share) }) : word === 'notKnown' && !asked.isError ? '–' : t(word)
  const lost = (day?.gaps ?? []).reduce((sum, gap) => sum + gap.to - gap.from, 0)
  const moment = (at: number | null | undefined) => (at == null ? '–' : `${dayText(at, i18n.language)} ${clockText(at)}`)
  const agency = agencies.find((one) => one.code === camera.agency)
  const facts: [string, string][] = [
    [t('column.video'), videoText(camera)],
    [t('column.rate'), camera.status.stream?.bit_rate ? t('rate', { value: (camera.status.stream.bit_rate / 1e6).toFixed(2) }) : '–'],
    [t('column.agency'), agency ? nameIn(agency, i18n.language) : camera.agency],
    [t('column.place'), [camera.place.text, camera.place.lat != null ? `${camera.place.lat.toFixed(5)}, ${(camera.place.lon ?? 0).toFixed(5)}` : ''].filter(Boolean).join(' · ') || '–'],
    [t('panel.mode'), t(`mode.${camera.mode}`)],
    [t('panel.audio'), t(`audio.${camera.audio}`)],
    [t('panel.oldest'), moment(day?.oldest)],
    [t('panel.newest'), moment(day?.newest)],
    [t('panel.address'), camera.main.url],
    ...(camera.sub ? [[t('panel.sub'), camera.sub.url] as [string, string]] : []),
    [t('panel.signIn'), camera.has_credentials ? t('panel.signInKnown') : t('panel.signInNone')],
    [t('panel.reporter'), camera.status.reporter ?? '–'],
  ]
  return (
    <>
      {looksBack && <Still id={camera.id} newest={day?.newest ?? (day ? null : undefined)} />}
      {looksBack && <div className={classes.day}>
        <div><span>{t('panel.day')}</span><span><bdi>{share}</bdi>{day && typeof word !== 'string' && <em> · <bdi>{day.gaps.length ? t('panel.gaps', { count: day.gaps.length, lost: durationText(lost) }) : t('panel.noGaps')}</bdi></em>}</span></div>
        <DayStrip day={day} label={`${t('panel.day')}: ${share}`} />
      </div>}
      <dl className={classes.facts}>
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>)}
      </dl>
      {history.length > 0 && (
        <>
          <h3 className={classes.sub}>{t('panel.history')}</h3>
          <ol className={classes.history}>
            {history.slice(0, HISTORY_SHOWN).map((past) => (
              <li key={past.since + past.state}>
                <time><bdi>{moment(Date.parse(past.since))}</bdi></time>
                <span>{t(`state.${past.state}`, { ns: 'faults' })}{past.cause && <em> · {t(`cause.${past.cause}`, { ns: 'faults' })}</em>}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  )
}
