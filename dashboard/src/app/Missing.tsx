import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useRights } from '@/access'
import { homeOf } from './places'
import classes from './app.module.css'

export function Missing() {
  const { t } = useTranslation()
  return <Nowhere title={t('missing.title')} words="" />
}

export function NotAllowed() {
  const { t } = useTranslation()
  return <Nowhere title={t('notAllowed.title')} words={t('notAllowed.words')} />
}

function Nowhere({ title, words }: { title: string; words: string }) {
  const { t } = useTranslation()
  const rights = useRights()
  return (
    <div className={classes.fault} data-testid="nowhere">
      <h2>{title}</h2>
      {words && <p>{words}</p>}
      <Button component={Link} href={homeOf(rights)}>{t('missing.back')}</Button>
    </div>
  )
}
