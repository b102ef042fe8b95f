/** What the targets of grants are called: agencies, groups, cameras. */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { nameIn, useAgencies, useCameras, useGroups } from '@/cameras'
import type { Grant } from './api'

export interface Target {
  name: string
  /** Whose a camera is. */
  more: string
}

export function useTargets(): (grant: Pick<Grant, 'on' | 'target'>) => Target {
  const { t, i18n } = useTranslation('administration')
  const agencies = useAgencies().data
  const groups = useGroups().data
  const cameras = useCameras().data
  const known = useMemo(() => ({
    agency: new Map((agencies ?? []).map((one) => [one.code, one])),
    group: new Map((groups ?? []).map((one) => [one.id, one])),
    camera: new Map((cameras ?? []).map((one) => [one.id, one])),
  }), [agencies, groups, cameras])
  return ({ on, target }) => {
    if (on === 'everything' || target === null) return { name: t('grants.everything'), more: '' }
    const found = known[on].get(target)
    const agency = on === 'camera' ? known.agency.get(known.camera.get(target)?.agency ?? '') : undefined
    return { name: found ? nameIn(found, i18n.language) : target, more: agency ? nameIn(agency, i18n.language) : '' }
  }
}
