import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '@/base/icons'
import { wordsOf } from '@/base/words'
import { probeCamera, type Camera, type ProbeReport } from './api'
import classes from './panel.module.css'

const CODECS: Record<string, string> = { h264: 'H.264', h265: 'H.265', mjpeg: 'MJPEG' }

/** What a probe found, in sentences that a person can act on; warnings and failures are the server's own words. */
export function ProbeFindings({ report }: { report: ProbeReport }) {
  const { t, i18n } = useTranslation('cameras')
  const arabic = i18n.language === 'ar'
  const { stream, failure } = report
  const lines = stream ? streamLines(stream, t) : []
  return (
    <div className={classes.findings} data-testid="probe-report" data-ok={report.ok}>
      {stream && <p className={classes.fine}><Icon name="check" size={16} />{t('probe.fine')}</p>}
      {failure && (
        <div className={classes.warning} data-testid="probe-failure">
          <Icon name="warning" size={16} />
          <p><strong>{arabic ? failure.message_ar : failure.message}</strong> {arabic ? failure.advice_ar : failure.advice}{failure.words && <small><bdi>{failure.words}</bdi></small>}</p>
        </div>
      )}
      <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
      {report.warnings.map((warning) => (
        <div key={warning.code} className={classes.warning}>
          <Icon name="warning" size={16} />
          <p><strong>{arabic ? warning.message_ar : warning.message}</strong> {arabic ? warning.advice_ar : warning.advice}</p>
        </div>
      ))}
    </div>
  )
}

function streamLines(stream: NonNullable<ProbeReport['stream']>, t: TFunction<'cameras'>): string[] {
  return [
    t('probe.codec', { codec: CODECS[stream.codec] ?? stream.codec, profile: stream.profile }),
    t('probe.size', { width: stream.width, height: stream.height }),
    t('probe.fps', { fps: Math.round(stream.fps * 10) / 10 }),
    t('probe.rate', { rate: (stream.bit_rate / 1e6).toFixed(1) }),
    stream.gop_s === null ? '' : t('probe.gop', { seconds: Math.round(stream.gop_s * 10) / 10 }),
    stream.audio ? t('probe.audio', { audio: stream.audio.toUpperCase() }) : t('probe.noAudio'),
    t('probe.first', { seconds: stream.first_frame_s.toFixed(1) }),
  ].filter(Boolean)
}

export function ProbeView({ camera }: { camera: Camera }) {
  const { t } = useTranslation(['cameras', 'app'])
  const probe = useMutation({ mutationFn: () => probeCamera(camera.id) })
  const { mutate } = probe
  useEffect(() => mutate(), [mutate])
  return (
    <div className={classes.probe} aria-busy={probe.isPending}>
      {probe.isPending && <p className={classes.busy}><i />{t('panel.probing')}</p>}
      {probe.isError && <p className={classes.warning} data-testid="probe-failed"><Icon name="warning" size={16} />{t('probe.failed')} {wordsOf(probe.error, t as never)}</p>}
      {probe.data && <ProbeFindings report={probe.data} />}
      {!probe.isPending && <Button variant="default" onClick={() => mutate()}>{t('common.retry', { ns: 'app' })}</Button>}
    </div>
  )
}
