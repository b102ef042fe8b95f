import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ways } from './api'
import { CodeForm } from './CodeForm'
import { PasswordForm } from './PasswordForm'
import { useKnownRights, useSession, useTaking } from './session'
import { SignInForm } from './SignInForm'
import classes from './access.module.css'

/** Nobody comes past it who has not signed in; what is behind it is not even loaded. */
export function Door({ children }: { children: ReactNode }) {
  const session = useSession()
  const inside = Boolean(session && !session.pending)
  const rights = useKnownRights(inside)
  if (session === undefined || (inside && !rights)) return <div className={classes.door} data-testid="door-asking"><Asking alone /></div>
  if (inside) return children
  return (
    <div className={classes.door} data-testid="door">
      <main className={classes.card}>
        <Mark />
        {session?.pending === 'totp' ? <CodeForm /> : session?.pending === 'password' ? <First name={session.name} /> : <Ways />}
      </main>
    </div>
  )
}

const PATIENCE_MS = 2000

/** Nothing for the moment that an answer takes; then, that there is none, and a way to ask at once. */
function Asking({ alone = false }: { alone?: boolean }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!long) return null
  return (
    <div className={alone ? classes.card : undefined} data-testid="door-waiting">
      <p className={classes.words} role="alert">{t('connection.lost')}</p>
      <Button variant="default" onClick={() => void client.refetchQueries({ predicate: ({ queryKey }) => queryKey[0] === 'session' || queryKey[0] === 'rights', type: 'active' })}>{t('common.retry')}</Button>
    </div>
  )
}

function Mark() {
  const { t } = useTranslation()
  return (
    <p className={classes.mark}>
      <img src="/icon.svg" alt="" width={28} height={28} />
      {t('product')}
    </p>
  )
}

function Ways() {
  const { data } = useQuery({ queryKey: ['session', 'ways'], queryFn: ways, staleTime: 60_000, refetchInterval: ({ state }) => (state.status === 'error' ? PATIENCE_MS : false) })
  return data ? <SignInForm ways={data} /> : <Asking />
}

function First({ name }: { name: string }) {
  const { t } = useTranslation('access')
  const take = useTaking()
  return (
    <>
      <h1>{t('first.title')}</h1>
      <p className={classes.words}>{t('first.words')}</p>
      <PasswordForm name={name} current={t('first.current')} go={t('first.go')} onDone={take} />
    </>
  )
}
