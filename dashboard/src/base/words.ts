/** What a fault is called on the screen: the server's own words where it has any. */
import type { TFunction } from 'i18next'
import { Problem } from './api/http'

export function wordsOf(fault: unknown, t: TFunction): string {
  if (fault instanceof Problem) {
    if (fault.status === 0) return t('fault.unreachable', { ns: 'app' })
    return fault.detail || fault.title || t('fault.unknown', { ns: 'app' })
  }
  return t('fault.unknown', { ns: 'app' })
}
