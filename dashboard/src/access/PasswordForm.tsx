import { Button, PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changePassword, type Session } from './api'
import { Fault } from './Fault'
import classes from './access.module.css'

interface Wish {
  name: string
  /** What the old password is called. */
  current: string
  go: string
  onDone: (session: Session) => void
}

export function PasswordForm({ name, current, go, onDone }: Wish) {
  const { t } = useTranslation('access')
  const [old, setOld] = useState('')
  const [first, setFirst] = useState('')
  const [second, setSecond] = useState('')
  const change = useMutation({ mutationFn: () => changePassword(old, first), onSuccess: onDone })
  const different = second !== '' && first !== second
  return (
    <form
      className={classes.form} data-testid="password-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (first === second) change.mutate()
      }}
    >
      <input type="text" value={name} readOnly hidden autoComplete="username" />
      <PasswordInput label={current} value={old} onChange={(event) => setOld(event.currentTarget.value)} autoComplete="current-password" required data-testid="password-current" />
      <PasswordInput label={t('first.new')} value={first} onChange={(event) => setFirst(event.currentTarget.value)} autoComplete="new-password" required data-testid="password-new" />
      <PasswordInput label={t('first.again')} value={second} onChange={(event) => setSecond(event.currentTarget.value)} error={different ? t('first.different') : undefined} autoComplete="new-password" required data-testid="password-again" />
      <Fault of={change.error} />
      <Button type="submit" fullWidth loading={change.isPending} disabled={different} data-testid="password-go">{go}</Button>
    </form>
  )
}
