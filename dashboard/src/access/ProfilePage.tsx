import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { tell } from '@/base/tray/store'
import { endSignIn, profile, type Profile } from './api'
import { FactorPart } from './FactorPart'
import { Fault } from './Fault'
import { KeysPart } from './KeysPart'
import { PasswordForm } from './PasswordForm'
import { SignOutButton } from './SignOutButton'
import { moment } from './moment'
import classes from './access.module.css'

export function ProfilePage() {
  const { t } = useTranslation('access')
  const { data, error } = useQuery({ queryKey: ['profile'], queryFn: profile })
  return (
    <div className={classes.page} data-testid="profile">
      <header className={classes.head}>
        <h1>{t('profile.title')}</h1>
        <SignOutButton />
      </header>
      <Fault of={error} />
      {data && <Parts of={data} />}
    </div>
  )
}

function Parts({ of: { user, recovery_codes_left, sign_ins } }: { of: Profile }) {
  const { t } = useTranslation('access')
  const client = useQueryClient()
  const changed = () => {
    tell(t('profile.changed'), { tone: 'good' })
    void client.invalidateQueries({ queryKey: ['profile'] })
  }
  return (
    <>
      <p className={classes.words}>{t('profile.signedIn', { name: user.full_name || user.name })}</p>
      {user.break_glass && <p className={classes.alarm} role="alert">{t('profile.breakGlass')}</p>}
      {user.source === 'provider' && <p className={classes.words}>{t('profile.fromProvider')}</p>}
      {user.source === 'local' && (
        <>
          <section className={classes.part}>
            <h2>{t('profile.password')}</h2>
            <div className={classes.narrow}><PasswordForm name={user.name} current={t('profile.current')} go={t('profile.change')} onDone={changed} /></div>
          </section>
          <FactorPart on={user.totp} left={recovery_codes_left} />
        </>
      )}
      <SignIns rows={sign_ins} />
      <KeysPart />
    </>
  )
}

function SignIns({ rows }: { rows: Profile['sign_ins'] }) {
  const { t, i18n } = useTranslation('access')
  const client = useQueryClient()
  const end = useMutation({ mutationFn: endSignIn, onSettled: () => client.invalidateQueries({ queryKey: ['profile'] }) })
  return (
    <section className={classes.part}>
      <h2>{t('profile.signIns')}</h2>
      <Fault of={end.error} />
      {rows.map((row) => (
        <div key={row.id} className={classes.row}>
          <span dir="ltr">{row.address}</span>
          <small>{t('profile.seen', { time: moment(row.seen_at, i18n.language) })}</small>
          {row.current ? <small>{t('profile.here')}</small> : <Button size="compact-xs" variant="default" onClick={() => end.mutate(row.id)}>{t('profile.end')}</Button>}
        </div>
      ))}
    </section>
  )
}
