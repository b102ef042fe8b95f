import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { beginFactor, confirmFactor, dropFactor } from './api'
import { Fault } from './Fault'
import classes from './access.module.css'

/** The second factor: set up in two steps, taken off with password and code. */
export function FactorPart({ on, left }: { on: boolean; left: number }) {
  const { t } = useTranslation('access')
  const client = useQueryClient()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const again = () => client.invalidateQueries({ queryKey: ['profile'] })
  const clear = () => {
    setPassword('')
    setCode('')
  }
  const begin = useMutation({ mutationFn: () => beginFactor(password), onSuccess: clear })
  const confirm = useMutation({
    mutationFn: () => confirmFactor(code),
    onSuccess: () => {
      begin.reset()
      clear()
    },
  })
  const drop = useMutation({
    mutationFn: () => dropFactor(password, code),
    onSuccess: async () => {
      clear()
      await again()
    },
  })
  const codeField = <TextInput label={t('code.code')} value={code} onChange={(event) => setCode(event.currentTarget.value)} autoComplete="one-time-code" dir="ltr" required data-testid="factor-code" />
  const passwordField = <PasswordInput label={t('profile.current')} value={password} onChange={(event) => setPassword(event.currentTarget.value)} autoComplete="current-password" required data-testid="factor-password" />
  if (confirm.data) {
    return (
      <section className={classes.part}>
        <h2>{t('profile.factor')}</h2>
        <p className={classes.words}>{t('profile.codes')}</p>
        <ul className={classes.codes} data-testid="recovery-codes">{confirm.data.codes.map((one) => <li key={one}>{one}</li>)}</ul>
        <Button
          onClick={() => {
            confirm.reset()
            void again()
          }}
        >
          {t('profile.kept')}
        </Button>
      </section>
    )
  }
  const submit = (act: () => void) => (event: React.SyntheticEvent) => {
    event.preventDefault()
    act()
  }
  return (
    <section className={classes.part} data-testid="factor">
      <h2>{t('profile.factor')}</h2>
      <p className={classes.words}>{on ? t('profile.factorOn', { count: left }) : t('profile.factorOff')}</p>
      <div className={classes.narrow}>
        {on && (
          <form className={classes.form} onSubmit={submit(() => drop.mutate())}>
            {passwordField}
            {codeField}
            <Fault of={drop.error} />
            <Button type="submit" variant="default" loading={drop.isPending}>{t('profile.takeOff')}</Button>
          </form>
        )}
        {!on && !begin.data && (
          <form className={classes.form} onSubmit={submit(() => begin.mutate())}>
            {passwordField}
            <Fault of={begin.error} />
            <Button type="submit" variant="default" loading={begin.isPending} data-testid="factor-begin">{t('profile.setUp')}</Button>
          </form>
        )}
        {!on && begin.data && (
          <form className={classes.form} onSubmit={submit(() => confirm.mutate())}>
            <p className={classes.words}>{t('profile.feed')}</p>
            <code className={classes.secret} data-testid="factor-secret">{begin.data.secret}</code>
            <Anchor href={begin.data.address}>{t('profile.open')}</Anchor>
            {codeField}
            <Fault of={confirm.error} />
            <Button type="submit" loading={confirm.isPending} data-testid="factor-confirm">{t('profile.confirm')}</Button>
          </form>
        )}
      </div>
    </section>
  )
}
