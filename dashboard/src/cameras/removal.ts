/** Removing a camera: at once, with the way back in the tray. Its recordings stay either way. */
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { tell } from '@/base/tray/store'
import { wordsOf } from '@/base/words'
import { removeCamera, restoreCamera, type Camera } from './api'
import { nameIn } from './names'


export function useRemoval(): (camera: Camera) => void {
  const { t, i18n } = useTranslation(['cameras', 'app'])
  const client = useQueryClient()
  return (camera) => {
    const name = nameIn(camera, i18n.language)
    const again = () => client.invalidateQueries({ queryKey: ['cameras'] })
    const failed = (fault: unknown) => tell(t('remove.failed', { name, words: wordsOf(fault, t as never) }), { tone: 'bad' })
    const undo = () => {
      restoreCamera(camera.id).then(() => {
        tell(t('remove.kept', { name }), { tone: 'good' })
        return again()
      }, failed)
    }
    removeCamera(camera.id).then(() => {
      client.setQueryData<Camera[]>(['cameras'], (known) => known?.filter((one) => one.id !== camera.id))
      tell(t('remove.done', { name }), { action: { label: t('common.undo', { ns: 'app' }), act: undo } })
      return again()
    }, failed)
  }
}
