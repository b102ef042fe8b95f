import { ActionIcon, Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Fault } from '@/access'
import { Icon, type IconName } from '@/base/icons'
import classes from './administration.module.css'

interface Asked {
  isPending: boolean
  isError: boolean
  error: unknown
  data: unknown
  refetch: () => unknown
}

/** What stands where the rows will be: skeletons of the same height, or why there are none. */
export function Waiting({ on, children }: { on: Asked; children: ReactNode }) {
  const { t } = useTranslation(['administration', 'app'])
  if (on.data !== undefined) {
    return (
      <>
        {on.isError && <div className={classes.fault}><Fault of={on.error} /></div>}
        {children}
      </>
    )
  }
  if (!on.isError) return <div className={classes.skeletons} aria-busy data-testid="rows-loading">{Array.from({ length: 12 }, (_, index) => <i key={index} />)}</div>
  return (
    <Nothing icon="warning" title={t('lost')}>
      <Fault of={on.error} />
      <Button variant="default" onClick={() => void on.refetch()}>{t('common.retry', { ns: 'app' })}</Button>
    </Nothing>
  )
}

export function Nothing({ icon, title, words, children }: { icon: IconName; title: string; words?: string; children?: ReactNode }) {
  return (
    <div className={classes.nothing} data-testid="rows-nothing">
      <Icon name={icon} size={40} />
      <h2>{title}</h2>
      {words && <p>{words}</p>}
      {children}
    </div>
  )
}

/** The rows of a list, with a head that stays while they move. */
export function Rows({ children }: { children: ReactNode }) {
  return <div className={classes.scroll}><table className={classes.table}>{children}</table></div>
}

/** Beside the list: one thing of it, or a new one. */
export function Panel({ title, onClose, children, test }: { title: string; onClose: () => void; children: ReactNode; test: string }) {
  const { t } = useTranslation('app')
  return (
    <aside className={classes.panel} aria-label={title} data-testid={test}>
      <header className={classes.head}>
        <h2><bdi>{title}</bdi></h2>
        <ActionIcon variant="subtle" color="gray" size={32} onClick={onClose} aria-label={t('common.close')} title={`${t('common.close')} (Esc)`} data-testid="panel-close"><Icon name="close" /></ActionIcon>
      </header>
      {children}
    </aside>
  )
}

/** What a panel asks; below it what the server would not have, and the acts. */
export function PanelForm({ onSubmit, fault, acts, children, test }: { onSubmit: () => void; fault: unknown; acts: ReactNode; children: ReactNode; test?: string }) {
  return (
    <form
      className={classes.form} data-testid={test}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <div className={classes.fields}>{children}</div>
      <div className={classes.foot}>
        <Fault of={fault} />
        {acts}
      </div>
    </form>
  )
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'evidence'

export function Word({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={classes.word} data-tone={tone}>{children}</span>
}
