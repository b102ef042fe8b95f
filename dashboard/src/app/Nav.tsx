import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useRoute } from 'wouter'
import { useRights } from '@/access'
import { Icon, type IconName } from '@/base/icons'
import { useNow } from '@/base/now'
import { serverNow } from '@/base/server_clock'
import { site } from '@/base/site'
import { clockText, dayText } from '@/base/time'
import { PLACES } from './places'
import { sheetOpen } from './sheet'
import classes from './app.module.css'

function Place({ to, pattern, icon, label, onNear }: { to: string; pattern: string; icon: IconName; label: string; onNear?: () => void }) {
  const [here] = useRoute(pattern)
  return (
    <Tooltip label={label} position="right">
      <Link href={to} className={classes.place} data-here={here || undefined} aria-current={here ? 'page' : undefined} aria-label={label} onPointerEnter={onNear} onFocus={onNear} data-testid={`nav-${icon}`}>
        <Icon name={icon} size={20} />
      </Link>
    </Tooltip>
  )
}

function Clock() {
  const { t, i18n } = useTranslation()
  useNow(250)
  const now = serverNow()
  return (
    <div className={classes.clock} title={t('clock.zone', { zone: site.timeZone })}>
      <span>{clockText(now).slice(0, 5)}</span>
      <small>{dayText(now, i18n.language).split(' ').slice(1).join(' ')}</small>
    </div>
  )
}

export function Nav() {
  const { t } = useTranslation()
  const rights = useRights()
  const open = PLACES.filter((one) => one.may(rights))
  return (
    <nav className={classes.nav} aria-label={t('nav.label')}>
      <img src="/icon.svg" alt={t('product')} width={28} height={28} className={classes.mark} />
      {open.filter((one) => one.above).map((one) => <Place key={one.to} to={one.to} pattern={one.pattern} icon={one.icon} label={t(`nav.${one.name}`)} {...(one.near ? { onNear: one.near } : {})} />)}
      <span className={classes.spring} />
      {open.filter((one) => !one.above).map((one) => <Place key={one.to} to={one.to} pattern={one.pattern} icon={one.icon} label={t(`nav.${one.name}`)} />)}
      <Tooltip label={`${t('nav.keys')} (?)`} position="right">
        <button type="button" className={classes.place} aria-label={t('nav.keys')} onClick={() => sheetOpen.set(true)} data-testid="nav-keys">
          <Icon name="keyboard" size={20} />
        </button>
      </Tooltip>
      <Clock />
    </nav>
  )
}
