import { Button, Modal, Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { importCameras, type ImportReport, type ImportRow } from './api'
import classes from './import.module.css'

const OUTCOMES = ['added', 'updated', 'unchanged', 'skipped', 'bad'] as const

/** A list is read twice: first to show what would happen, then, when somebody has looked, to do it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation(['cameras', 'app'])
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [update, setUpdate] = useState(false)
  const [over, setOver] = useState(false)
  const file = useRef<HTMLInputElement>(null)
  const check = useMutation({ mutationFn: (wish: { text: string; update: boolean }) => importCameras(wish.text, { dryRun: true, update: wish.update }) })
  const keep = useMutation({
    mutationFn: () => importCameras(text, { dryRun: false, update }),
    onSuccess: async (report) => {
      tell(t('importer.done', { added: report.added, updated: report.updated, bad: report.bad }), { tone: report.bad ? 'plain' : 'good', forMs: 8000 })
      await client.invalidateQueries({ queryKey: ['cameras'] })
      onClose()
    },
  })
  const look = (given: string, wanted = update) => {
    setText(given)
    if (given.trim()) check.mutate({ text: given, update: wanted })
  }
  const take = (list: FileList | null) => {
    const first = list?.[0]
    if (first) void first.text().then((given) => look(given))
  }
  const report = check.data
  const count = (report?.added ?? 0) + (report?.updated ?? 0)
  const fault = check.error ?? keep.error
  return (
    <Modal opened onClose={onClose} title={t('importer.title')} size={860} closeButtonProps={{ 'aria-label': t('common.close', { ns: 'app' }) }}>
      <div className={classes.dialog} data-testid="import-dialog">
        <p className={classes.words}>{t('importer.words')}</p>
        {!report && (
          <div
            className={classes.drop} data-over={over || undefined}
            onDragOver={(event) => {
              event.preventDefault()
              setOver(true)
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault()
              setOver(false)
              take(event.dataTransfer.files)
            }}
          >
            <div className={classes.choose}>
              <Button variant="default" onClick={() => file.current?.click()}>{t('importer.choose')}</Button>
              <span>{t('importer.drop')}</span>
            </div>
            <input ref={file} type="file" accept=".csv,.json,text/csv,application/json" hidden onChange={(event) => take(event.currentTarget.files)} data-testid="import-file" />
            <textarea value={text} dir="ltr" spellCheck={false} aria-label={t('importer.paste')} placeholder={t('importer.paste')} onChange={(event) => setText(event.currentTarget.value)} data-testid="import-text" />
          </div>
        )}
        {fault && <p className={classes.wrong} role="alert">{wordsOf(fault, t as never)}</p>}
        {report && (
          <>
            <p className={classes.summary} data-testid="import-summary">
              {OUTCOMES.filter((one) => report[one] > 0).map((one) => <span key={one} data-outcome={one}>{t(`importer.summary.${one}`, { count: report[one] })}</span>)}
              {report.unknown_columns.length > 0 && <span>{t('importer.unknown', { columns: report.unknown_columns.join(', ') })}</span>}
            </p>
            <Rows report={report} arabic={i18n.language === 'ar'} />
          </>
        )}
        <footer className={classes.foot}>
          <Switch
            size="xs" label={t('importer.update')} checked={update}
            onChange={(event) => {
              setUpdate(event.currentTarget.checked)
              if (report) look(text, event.currentTarget.checked)
            }}
          />
          <span className={classes.spring} />
          {report && <Button variant="default" onClick={() => check.reset()}>{t('importer.again')}</Button>}
          {report
            ? <Button disabled={count === 0} loading={keep.isPending} onClick={() => keep.mutate()} data-testid="import-go">{count ? t('importer.go', { count }) : t('importer.nothing')}</Button>
            : <Button disabled={!text.trim()} loading={check.isPending} onClick={() => look(text)} data-testid="import-check">{t('importer.check')}</Button>}
        </footer>
      </div>
    </Modal>
  )
}

function Rows({ report, arabic }: { report: ImportReport; arabic: boolean }) {
  const { t } = useTranslation('cameras')
  // What needs a person comes first; long lists of good rows are cut, the counts above tell all.
  const rows = [...report.results].sort((a: ImportRow, b: ImportRow) => Number(b.outcome === 'bad') - Number(a.outcome === 'bad') || a.row - b.row).slice(0, 300)
  return (
    <div className={classes.rows}>
      <table>
        <thead><tr><th>{t('importer.row')}</th><th>{t('column.name')}</th><th>{t('importer.outcome')}</th><th>{t('importer.problem')}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row} data-outcome={row.outcome} data-testid="import-row">
              <td>{row.row}</td>
              <td><bdi>{row.name}</bdi></td>
              <td>{t(`importer.${row.outcome}`)}</td>
              <td>{row.problems.map((problem) => <div key={problem.field + problem.code}>{arabic ? `${problem.message_ar} ${problem.hint_ar}` : `${problem.message} ${problem.hint}`}</div>)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
