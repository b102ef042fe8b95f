import { useTranslation } from 'react-i18next'
import { nameIn, useAgencies } from '@/cameras'
import type { Role } from './api'
import { ANY, summaryOf } from './permissions'
import classes from './administration.module.css'

/** What a role gives, in words. */
export function RoleWords({ role }: { role: Pick<Role, 'permissions'> }) {
  const { t, i18n } = useTranslation('administration')
  const agencies = useAgencies().data ?? []
  const { cameras, system } = summaryOf(role.permissions)
  const agencyName = (code: string) => {
    const agency = agencies.find((one) => one.code === code)
    return agency ? nameIn(agency, i18n.language) : code
  }
  return (
    <div className={classes.verbs}>
      {cameras.map((row) => (
        <span key={row.agency}>{`${row.verbs.map((verb) => t(`verb.${verb}`)).join(', ')}${row.agency === ANY ? '' : ` · ${agencyName(row.agency)}`}`}</span>
      ))}
      {system.map((right) => <span key={right}>{t(`system.${right}`)}</span>)}
      {cameras.length === 0 && system.length === 0 && <em>{t('roles.nothing')}</em>}
    </div>
  )
}
