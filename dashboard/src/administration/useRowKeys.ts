/** Rows with the keyboard: up and down, the end of a list, out of a field or a panel. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useKeys, type Binding } from '@/base/keys'
import { rowFrom } from '@/base/rows'

interface Wires {
  ids: readonly string[]
  selected: string | null
  onSelect: (id: string | null) => void
  search?: React.RefObject<HTMLInputElement | null>
  /** What makes a new one. */
  onAdd?: (() => void) | undefined
}

export function useRowKeys(title: string, { ids, selected, onSelect, search, onAdd }: Wires): void {
  const { t } = useTranslation('administration')
  // Whoever closes the panel goes on from there.
  const [last, setLast] = useState<string | null>(null)
  if (selected !== null && selected !== last && ids.includes(selected)) setLast(selected)
  const move = (by: number) => {
    const next = rowFrom(ids, selected, last, by)
    if (next === undefined) return
    onSelect(next)
    requestAnimationFrame(() => document.querySelector(`[data-row="${CSS.escape(next)}"]`)?.scrollIntoView({ block: 'nearest' }))
  }
  const some: Binding[] = [
    { keys: ['ArrowDown'], label: t('key.down'), act: () => move(1) },
    { keys: ['ArrowUp'], label: t('key.up'), act: () => move(-1) },
    {
      keys: ['Escape'], label: t('key.close'), inFields: true,
      act: () => {
        if (document.activeElement instanceof HTMLInputElement && !document.activeElement.closest('aside')) document.activeElement.blur()
        else onSelect(null)
      },
    },
  ]
  if (search) some.push({ keys: ['f', '/'], label: t('key.find'), act: () => search.current?.focus() })
  if (onAdd) some.push({ keys: ['a'], label: t('key.add'), act: onAdd })
  useKeys(title, some)
}
