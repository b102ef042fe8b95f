import { ActionIcon, Button, Tabs } from '@mantine/core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useRights } from '@/access'
import { ahead } from '@/base/ahead'
import { Problem } from '@/base/api/http'
import { Icon } from '@/base/icons'
import { wordsOf } from '@/base/words'
import type { Agency, Camera } from './api'
import { CameraForm } from './CameraForm'
import { Overview } from './Overview'
import { ProbeView } from './ProbeView'
import { nameIn, otherName } from './names'
import { useCamera } from './queries'
import { StateWord } from './StateWord'
import classes from './panel.module.css'

export type Tab = 'overview' | 'probe' | 'settings'

interface Props {
  id: string
  known: Camera | null
  agencies: readonly Agency[]
  tab: Tab
  onTab: (tab: Tab) => void
  onClose: () => void
  onPlay: (camera: Camera) => void
  onRemove: (camera: Camera) => void
}

export function CameraPanel({ id, known, agencies, tab, onTab, onClose, onPlay, onRemove }: Props) {
  const { t, i18n } = useTranslation(['cameras', 'app'])
  const asked = useCamera(id)
  const camera = asked.data ?? known
  const rights = useRights()
  const manages = camera !== null && rights.may('manage', camera)
  const shown = manages ? tab : 'overview'
  // Whoever looks at a camera often wants to see what it recorded.
  useEffect(() => ahead.playback(), [])
  const gone = asked.error instanceof Problem && asked.error.status === 404
  return (
    <div className={classes.panel} data-testid="camera-panel">
      <header className={classes.head}>
        <div className={classes.title}>
          <h2><bdi>{camera ? nameIn(camera, i18n.language) : t('panel.label')}</bdi></h2>
          {camera && otherName(camera, i18n.language) && <p><bdi>{otherName(camera, i18n.language)}</bdi></p>}
        </div>
        <ActionIcon variant="subtle" color="gray" size={32} onClick={onClose} aria-label={t('panel.close')} data-testid="panel-close"><Icon name="close" /></ActionIcon>
      </header>
      {!camera && asked.isError && <p className={classes.wrong}>{gone ? wordsOf(asked.error, t as never) : wordsOf(asked.error, t as never)}</p>}
      {camera && (
        <>
          <div className={classes.how}>
            <StateWord status={camera.status} />
            <span>{camera.status.reason}</span>
          </div>
          <div className={classes.acts}>
            {rights.may('playback', camera) && <Button leftSection={<Icon name="playback" size={16} />} onClick={() => onPlay(camera)} data-testid="panel-play">{t('panel.play')}</Button>}
            {manages && <Button variant="default" leftSection={<Icon name="probe" size={16} />} onClick={() => onTab('probe')} data-testid="panel-probe">{t('panel.probe')}</Button>}
            {manages && <Button variant="default" leftSection={<Icon name="trash" size={16} />} onClick={() => onRemove(camera)} data-testid="panel-remove">{t('panel.remove')}</Button>}
          </div>
          {manages && <Tabs value={tab} onChange={(value) => onTab((value as Tab | null) ?? 'overview')} className={classes.tabs}>
            <Tabs.List>
              <Tabs.Tab value="overview">{t('panel.overview')}</Tabs.Tab>
              <Tabs.Tab value="probe">{t('probe.title')}</Tabs.Tab>
              <Tabs.Tab value="settings" data-testid="panel-settings">{t('panel.settings')}</Tabs.Tab>
            </Tabs.List>
          </Tabs>}
          <div className={classes.body}>
            {shown === 'overview' && <Overview camera={camera} agencies={agencies} />}
            {shown === 'probe' && <ProbeView key={camera.version} camera={camera} />}
            {shown === 'settings' && <CameraForm key={camera.id} camera={camera} agencies={agencies} onClose={() => onTab('overview')} onKept={() => onTab('overview')} />}
          </div>
        </>
      )}
    </div>
  )
}
