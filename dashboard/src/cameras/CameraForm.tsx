import { ActionIcon, Button, PasswordInput, SegmentedControl, Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '@/base/api/http'
import { Icon } from '@/base/icons'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { addCamera, changeCamera, probeAddress, type Agency, type Camera, type FieldProblem } from './api'
import { FIELDS, cameraIn, draftOf, patchOf, rebased, type Draft } from './draft'
import { nameIn } from './names'
import { ProbeFindings } from './ProbeView'
import classes from './form.module.css'

interface Props {
  camera: Camera | null
  agencies: readonly Agency[]
  onClose: () => void
  onKept: (id: string) => void
}

function problemsOf(fault: unknown): Partial<Record<keyof Draft, string>> {
  if (!(fault instanceof Problem) || !Array.isArray(fault.body.problems)) return {}
  const found: Partial<Record<keyof Draft, string>> = {}
  for (const problem of fault.body.problems as FieldProblem[]) {
    const field = FIELDS[problem.field]
    if (field && !found[field]) found[field] = `${problem.message} ${problem.hint}`
  }
  return found
}

export function CameraForm({ camera, agencies, onClose, onKept }: Props) {
  const { t, i18n } = useTranslation(['cameras', 'app'])
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(camera, ''))
  // The camera as it was when what differs in the draft was typed.
  const [base, setBase] = useState(camera)
  const [changed, setChanged] = useState(false)
  const set = <K extends keyof Draft>(key: K, value: Draft[K]) => setDraft((before) => ({ ...before, [key]: value }))
  const text = (key: 'name' | 'nameAr' | 'place' | 'lat' | 'lon' | 'mainUrl' | 'subUrl' | 'user' | 'password') => ({
    value: draft[key],
    error: wrong[key],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => set(key, event.currentTarget.value),
    'data-testid': `field-${key}`,
  })
  const keep = useMutation({
    mutationFn: () => (camera ? changeCamera(camera.id, patchOf(draft, base ?? camera)) : addCamera(cameraIn({ ...draft, agency: draft.agency || (agencies[0]?.code ?? '') }))),
    onSuccess: async (kept) => {
      tell(t(camera ? 'form.saved' : 'form.added', { name: kept.name }), { tone: 'good' })
      await Promise.all([client.invalidateQueries({ queryKey: ['cameras'] }), client.invalidateQueries({ queryKey: ['camera', kept.id] })])
      onKept(kept.id)
    },
    onError: (fault) => {
      if (fault instanceof Problem && fault.code === 'camera_changed') void client.invalidateQueries({ queryKey: ['camera', camera?.id] })
    },
  })
  // While it is kept, the newer one is one's own.
  if (!keep.isPending && camera && base && camera.version > base.version) {
    const over = rebased(draft, draftOf(base, ''), draftOf(camera, ''))
    setBase(camera)
    setDraft(over.draft)
    if (over.touched) setChanged(true)
  }
  const probe = useMutation({
    mutationFn: () => probeAddress({ url: draft.mainUrl.trim(), transport: draft.mainTransport, credentials: draft.user ? { username: draft.user, password: draft.password } : null }),
  })
  const wrong = problemsOf(keep.error)
  const outdated = changed || (keep.error instanceof Problem && keep.error.code === 'camera_changed')
  const takeTheirs = () => {
    setDraft(draftOf(camera, ''))
    setChanged(false)
    keep.reset()
  }
  const placed = Object.keys(wrong).length > 0
  const transport = (key: 'mainTransport' | 'subTransport') => (
    <SegmentedControl
      size="xs" value={draft[key]} onChange={(value) => set(key, value)} aria-label={t('form.transport')} tabIndex={-1}
      data={[{ value: 'tcp', label: t('form.tcp') }, { value: 'udp', label: t('form.udp') }]}
    />
  )
  return (
    <form
      className={classes.form} data-testid="camera-form" data-whole={camera ? undefined : true}
      onSubmit={(event) => {
        event.preventDefault()
        keep.mutate()
      }}
    >
      {!camera && (
        <header className={classes.head}>
          <h2>{t('form.add')}</h2>
          <ActionIcon variant="subtle" color="gray" size={32} onClick={onClose} aria-label={t('panel.close')}><Icon name="close" /></ActionIcon>
        </header>
      )}
      <div className={classes.fields}>
        <TextInput label={t('form.name')} autoFocus={!camera} maxLength={200} dir="auto" {...text('name')} />
        <TextInput label={t('form.nameAr')} maxLength={200} dir="rtl" lang="ar" {...text('nameAr')} />
        <Select
          label={t('form.agency')} value={draft.agency || (agencies[0]?.code ?? null)} allowDeselect={false} error={wrong.agency} onChange={(value) => set('agency', value ?? '')}
          data={agencies.map((agency) => ({ value: agency.code, label: nameIn(agency, i18n.language) }))} data-testid="field-agency"
        />
        <TextInput label={t('form.main')} description={t('form.mainHint')} dir="ltr" spellCheck={false} autoComplete="off" placeholder={t('form.mainExample')} {...text('mainUrl')} />
        <div className={classes.pair}>
          {transport('mainTransport')}
          <Button variant="default" leftSection={<Icon name="probe" size={16} />} loading={probe.isPending} disabled={!draft.mainUrl.trim()} onClick={() => probe.mutate()} data-testid="form-probe">{t('form.probe')}</Button>
        </div>
        {probe.data && <ProbeFindings report={probe.data} />}
        {probe.isError && <p className={classes.wrong} data-testid="probe-failed"><Icon name="warning" size={16} />{t('probe.failed')} {wordsOf(probe.error, t as never)}</p>}
        <div className={classes.two}>
          <TextInput label={t('form.user')} autoComplete="off" dir="ltr" placeholder={camera?.has_credentials ? t('form.passwordKept') : ''} {...text('user')} />
          <PasswordInput label={t('form.password')} autoComplete="new-password" dir="ltr" {...text('password')} />
        </div>
        {camera?.has_credentials && <Switch size="xs" label={t('form.forget')} checked={draft.forget} onChange={(event) => set('forget', event.currentTarget.checked)} />}
        <TextInput label={t('form.sub')} description={t('form.subHint')} dir="ltr" spellCheck={false} autoComplete="off" {...text('subUrl')} />
        {draft.subUrl && <div className={classes.pair}>{transport('subTransport')}</div>}
        <TextInput label={t('form.place')} dir="auto" maxLength={500} {...text('place')} />
        <div className={classes.two}>
          <TextInput label={t('form.lat')} inputMode="decimal" dir="ltr" {...text('lat')} />
          <TextInput label={t('form.lon')} inputMode="decimal" dir="ltr" {...text('lon')} />
        </div>
        <div className={classes.two}>
          <Select
            label={t('form.mode')} value={draft.mode} allowDeselect={false} onChange={(value) => set('mode', (value ?? 'continuous'))} data-testid="field-mode"
            data={(['continuous', 'off'] as const).map((value) => ({ value, label: t(`mode.${value}`) }))}
          />
          <Select
            label={t('form.audio')} value={draft.audio} allowDeselect={false} onChange={(value) => set('audio', (value ?? 'keep'))}
            data={(['keep', 'aac', 'off'] as const).map((value) => ({ value, label: t(`audio.${value}`) }))}
          />
        </div>
        <Switch size="sm" label={t('form.enabled')} checked={draft.enabled} onChange={(event) => set('enabled', event.currentTarget.checked)} data-testid="field-enabled" />
      </div>
      <footer className={classes.foot}>
        {(keep.isError || outdated) && (
          <p className={classes.wrong} role="alert" data-testid="form-wrong">
            <Icon name="warning" size={16} />
            {placed ? t('form.fix') : outdated ? t('form.changed') : wordsOf(keep.error, t as never)}
          </p>
        )}
        {outdated && <Button variant="default" onClick={takeTheirs} data-testid="form-theirs">{t('form.theirs')}</Button>}
        <Button type="submit" loading={keep.isPending} data-testid="form-save">{t(camera ? 'form.save' : 'form.create')}</Button>
        <Button variant="default" onClick={onClose}>{t('common.cancel', { ns: 'app' })}</Button>
      </footer>
    </form>
  )
}
