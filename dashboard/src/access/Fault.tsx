import { useTranslation } from 'react-i18next'
import { wordsOf } from '@/base/words'
import classes from './access.module.css'

/** What the server said against it, in its own words. */
export function Fault({ of }: { of: unknown }) {
  const { t } = useTranslation()
  if (!of) return null
  return <p className={classes.wrong} role="alert" data-testid="refusal">{wordsOf(of, t)}</p>
}
