import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '@/base/server_clock'
import { spanAt } from '@/base/spans'
import { clockText, dayText, durationText } from '@/base/time'
import { stillUrl, type CameraTimeline } from '../api'
import classes from './timeline.module.css'

const REST_MS = 90

interface Props {
  hover: { x: number; at: number; row: number }
  camera: string | undefined
  /** Whose row it is; empty when there is only one. */
  name: string
  timeline: CameraTimeline | null
  moving: boolean
}

/** The exact time under the pointer, what is known of it, and a picture once the pointer rests. */
export function Hover({ hover, camera, name, timeline, moving }: Props) {
  const { t, i18n } = useTranslation(['playback', 'faults'])
  const [picture, setPicture] = useState<{ url: string; shown: boolean } | null>(null)
  const gap = timeline ? (timeline.gaps.find((one) => one.from <= hover.at && hover.at < one.to) ?? null) : null
  const recorded = timeline !== null && spanAt(timeline.spans, hover.at) !== null
  const wanted = recorded && camera && !moving ? stillUrl(camera, Math.round(hover.at / 1000) * 1000, 240) : null
  useEffect(() => {
    if (!wanted) return undefined
    const timer = setTimeout(() => setPicture({ url: wanted, shown: false }), REST_MS)
    return () => clearTimeout(timer)
  }, [wanted])
  const words = gap
    ? `${t('timeline.gap', { cause: t(`cause.${gap.cause as 'network'}`, { ns: 'faults', defaultValue: gap.cause }) })} · ${durationText(gap.to - gap.from)}`
    : hover.at > serverNow() ? t('timeline.future') : recorded ? '' : timeline ? t('timeline.unplanned') : ''
  return (
    <div className={classes.hover} style={{ left: `clamp(124px, ${hover.x}px, calc(100% - 124px))` }} data-testid="timeline-hover">
      {wanted !== null && picture?.url === wanted && (
        <img key={picture.url} src={picture.url} alt="" data-shown={picture.shown || undefined} onLoad={() => setPicture((now) => now && { ...now, shown: true })} data-testid="timeline-thumbnail" />
      )}
      <div>
        {name && <b><bdi>{name}</bdi></b>}
        <strong dir="ltr">{clockText(hover.at)}</strong> <span>{dayText(hover.at, i18n.language)}</span>
        {words && <em data-gap={gap !== null || undefined}>{words}</em>}
      </div>
    </div>
  )
}
