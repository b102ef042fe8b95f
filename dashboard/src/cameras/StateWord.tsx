import { useTranslation } from 'react-i18next'
import type { Status } from './api'
import { useOld } from './freshness'
import { isLost, toneOf } from './states'
import classes from './state.module.css'

/** One word, one colour. What nobody renews any more says that it is old; so does everything while nobody answers. */
export function StateWord({ status }: { status: Status }) {
  const { t } = useTranslation(['faults', 'cameras'])
  const old = useOld()
  const fresh = status.fresh && !old
  return (
    <span className={classes.state} data-tone={toneOf({ ...status, fresh })} data-fresh={fresh} data-state={status.state}>
      <i className={classes.dot} aria-hidden />
      <span className={classes.word}>{t(isLost(status) ? 'notRecorded' : `state.${status.state}`, { ns: 'faults' })}</span>
      {!fresh && status.state !== 'off' && <small className={classes.old}>{t('old', { ns: 'cameras' })}</small>}
    </span>
  )
}
