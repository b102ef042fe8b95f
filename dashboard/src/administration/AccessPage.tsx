import { useTranslation } from 'react-i18next'
import { Link, Redirect } from 'wouter'
import { useRights, type Rights } from '@/access'
import { AgenciesPart } from './AgenciesPart'
import { GrantsPart } from './GrantsPart'
import { RolesPart } from './RolesPart'
import { UsersPart } from './UsersPart'
import classes from './administration.module.css'

const PARTS = [
  { name: 'users', may: (rights: Rights) => rights.system('users'), Part: UsersPart },
  { name: 'grants', may: (rights: Rights) => rights.system('roles'), Part: GrantsPart },
  { name: 'roles', may: (rights: Rights) => rights.system('roles'), Part: RolesPart },
  { name: 'agencies', may: (rights: Rights) => rights.system('agencies'), Part: AgenciesPart },
] as const

/** Users and what they may: the parts that are open to whoever looks. */
export function AccessPage({ part }: { part: string }) {
  const { t } = useTranslation('administration')
  const rights = useRights()
  const open = PARTS.filter((one) => one.may(rights))
  const here = open.find((one) => one.name === part)
  const first = open[0]
  if (!here) return first ? <Redirect to={`/access/${first.name}`} replace /> : null
  const tabs = (
    <nav className={classes.parts} aria-label={t('parts')}>
      {open.map((one) => <Link key={one.name} href={`/access/${one.name}`} aria-current={one === here ? 'page' : undefined} data-testid={`part-${one.name}`}>{t(`part.${one.name}`)}</Link>)}
    </nav>
  )
  return <div className={classes.page} data-testid={here.name}><here.Part tabs={tabs} /></div>
}
