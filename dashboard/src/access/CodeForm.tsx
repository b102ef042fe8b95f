import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { giveCode } from './api'
import { Fault } from './Fault'
import { useTaking } from './session'
import { SignOutButton } from './SignOutButton'
import classes from './access.module.css'

export function CodeForm() {
  const { t } = useTranslation('access')
  const take = useTaking()
  const [code, setCode] = useState('')
  const go = useMutation({ mutationFn: () => giveCode(code), onSuccess: take })
  return (
    <>
      <h1>{t('code.title')}</h1>
      <p className={classes.words}>{t('code.words')}</p>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          go.mutate()
        }}
      >
        <TextInput label={t('code.code')} value={code} onChange={(event) => setCode(event.currentTarget.value)} autoComplete="one-time-code" dir="ltr" autoFocus required data-testid="sign-in-code" />
        <Fault of={go.error} />
        <Button type="submit" fullWidth loading={go.isPending} data-testid="sign-in-code-go">{t('code.go')}</Button>
      </form>
      <SignOutButton />
    </>
  )
}
