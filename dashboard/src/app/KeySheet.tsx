import { Modal } from '@mantine/core'
import { useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useRights } from '@/access'
import { boundKeys, listenToKeys, useKeys } from '@/base/keys'
import { useStore } from '@/base/store'
import { PLACES } from './places'
import { sheetOpen } from './sheet'
import classes from './app.module.css'

const SHOWN: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', Delete: 'Del', Enter: '⏎', PageDown: 'PgDn', PageUp: 'PgUp' }

function keyText(key: string): string {
  if (key === '+') return key
  return key.split('+').map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ')
}

/** Every key that does it; a row of digits by its ends, and a modifier once. */
export function keysText(keys: readonly string[]): string[] {
  const texts = keys.map(keyText)
  if (texts.length > 2 && texts.every((text, index) => text === String(index + 1))) return [`1 … ${texts.length}`]
  const [first = ''] = texts
  const modifier = first.includes(' ') ? first.slice(0, first.lastIndexOf(' ') + 1) : ''
  return texts.map((text, index) => (index > 0 && modifier && text.startsWith(modifier) ? text.slice(modifier.length) : text))
}

/** What every key does at this moment, listed from the bindings themselves. */
export function KeySheet() {
  const { t } = useTranslation()
  const open = useStore(sheetOpen)
  const groups = useStore(boundKeys)
  const [, go] = useLocation()
  const rights = useRights()
  useKeys(t('keys.everywhere'), [
    { keys: ['?'], label: t('keys.sheet'), act: () => sheetOpen.set(!sheetOpen.get()) },
    ...PLACES.flatMap((place, index) => (place.may(rights) ? [{ keys: [`Alt+${index + 1}`], label: t('keys.goTo', { place: t(`nav.${place.name}`) }), act: () => go(place.to) }] : [])),
  ])
  // Before any dialog listens: what closes by a key must still be seen open.
  useLayoutEffect(listenToKeys, [])
  return (
    <Modal opened={open} onClose={() => sheetOpen.set(false)} title={t('keys.title')} size={760} closeButtonProps={{ 'aria-label': t('keys.close') }} data-testid="key-sheet">
      <div className={classes.sheet}>
        {[...groups].reverse().map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.bindings.map((binding) => (
                <div key={binding.keys.join()}>
                  <dt>{keysText(binding.keys).map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                  <dd>{binding.label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}
