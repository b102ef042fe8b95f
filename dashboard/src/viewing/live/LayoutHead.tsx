import { useTranslation } from 'react-i18next'
import { Icon } from '@/base/icons'
import { LAYOUTS, type Layout } from './layouts'
import classes from './live.module.css'

interface Props {
  layout: Layout
  page: number
  pages: number
  onLayout: (layout: Layout) => void
  onPage: (page: number) => void
  onHide: () => void
}

/** Layouts as small pictures of themselves, the pages of the wall, and the way to hide all this. */
export function LayoutHead({ layout, page, pages, onLayout, onPage, onHide }: Props) {
  const { t } = useTranslation('live')
  return (
    <>
      <div className={classes.head}>
        <div className={classes.layouts} role="group" aria-label={t('layout')}>
          {LAYOUTS.map((one) => {
            const words = one.id.startsWith('1+') ? t('layoutFocus', { rest: one.cells.length - 1 }) : t('layoutOf', { id: one.id })
            return (
              <button key={one.id} type="button" aria-label={words} title={`${words} (${one.key})`} aria-pressed={one.id === layout.id} onClick={() => onLayout(one)} data-testid={`layout-${one.id}`}>
                <Sketch layout={one} />
              </button>
            )
          })}
        </div>
        <button type="button" onClick={onHide} aria-label={t('hidePanel')} title={`${t('hidePanel')} (C)`} data-testid="panel-hide"><Icon name="panel" /></button>
      </div>
      {pages > 1 && (
        <div className={classes.pages}>
          <button type="button" disabled={page === 0} aria-label={t('previousPage')} title={t('previousPage')} onClick={() => onPage(page - 1)}><Arrow back /></button>
          <span>{t('page', { page: page + 1, pages })}</span>
          <button type="button" disabled={page >= pages - 1} aria-label={t('nextPage')} title={t('nextPage')} onClick={() => onPage(page + 1)} data-testid="page-next"><Arrow /></button>
        </div>
      )}
    </>
  )
}

const WIDE = 20
const HIGH = 14

function Sketch({ layout }: { layout: Layout }) {
  const x = WIDE / layout.columns
  const y = HIGH / layout.rows
  return (
    <svg className={classes.mirrored} width={WIDE} height={HIGH} viewBox={`0 0 ${WIDE} ${HIGH}`} aria-hidden focusable={false} fill="currentColor">
      {layout.cells.map((cell) => (
        <rect key={`${cell.column} ${cell.row}`} x={(cell.column - 1) * x + 0.5} y={(cell.row - 1) * y + 0.5} width={cell.columns * x - 1} height={cell.rows * y - 1} rx={0.6} />
      ))}
    </svg>
  )
}

function Arrow({ back = false }: { back?: boolean }) {
  return <svg className={classes.mirrored} width={14} height={14} viewBox="0 0 14 14" aria-hidden focusable={false} fill="none" stroke="currentColor" strokeWidth={1.6}><path d={back ? 'M9 2 4 7l5 5' : 'm5 2 5 5-5 5'} /></svg>
}
