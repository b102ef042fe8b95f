import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Problem } from '@/base/api/http'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { signOut } from './api'
import { useTaking } from './session'

export function SignOutButton() {
  const { t } = useTranslation(['access', 'app'])
  const take = useTaking()
  // Nobody must go away from a screen that is only said to be signed out.
  const failed = (fault: unknown) => (fault instanceof Problem && fault.status === 401 ? take(null) : void tell(wordsOf(fault, t as never), { tone: 'bad' }))
  const out = useMutation({ mutationFn: signOut, onSuccess: () => take(null), onError: failed })
  return <Button variant="default" onClick={() => out.mutate()} loading={out.isPending} data-testid="sign-out">{t('out')}</Button>
}
