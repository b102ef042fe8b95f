import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { signIn, type Ways } from './api'
import { Fault } from './Fault'
import { useTaking } from './session'
import classes from './access.module.css'

export function SignInForm({ ways }: { ways: Ways }) {
  const { t } = useTranslation('access')
  const take = useTaking()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [local, setLocal] = useState(ways.local)
  const go = useMutation({ mutationFn: () => signIn(name, password), onSuccess: take })
  const refused = new URLSearchParams(window.location.search).has('sign-in-failed')
  return (
    <>
      <h1>{t('signIn.title')}</h1>
      {refused && ways.provider && <p className={classes.wrong} role="alert">{t('signIn.failed', { provider: ways.provider.name })}</p>}
      {ways.provider && (
        <Button component="a" href={ways.provider.start} fullWidth data-testid="sign-in-provider">{t('signIn.with', { provider: ways.provider.name })}</Button>
      )}
      {ways.provider && local && <p className={classes.or}>{t('signIn.or')}</p>}
      {!local && <Button variant="subtle" fullWidth onClick={() => setLocal(true)}>{t('signIn.local')}</Button>}
      {local && (
        <form
          className={classes.form} data-testid="sign-in"
          onSubmit={(event) => {
            event.preventDefault()
            go.mutate()
          }}
        >
          <TextInput label={t('signIn.name')} value={name} onChange={(event) => setName(event.currentTarget.value)} autoComplete="username" autoFocus required data-testid="sign-in-name" />
          <PasswordInput label={t('signIn.password')} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required data-testid="sign-in-password" />
          <Fault of={go.error} />
          <Button type="submit" fullWidth loading={go.isPending} data-testid="sign-in-go">{t('signIn.go')}</Button>
        </form>
      )}
    </>
  )
}
