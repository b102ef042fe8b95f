/**
 * Keys for everything. A component says what its keys do; the help sheet lists what is bound at this moment,
 * so it cannot promise a key that does nothing.
 */
import { useEffect, useRef } from 'react'
import { Store } from './store'

export interface Binding {
  /** `Space`, `k`, `Shift+ArrowLeft`, `?`: as `keyName` spells it. Several names may do the same. */
  keys: string[]
  /** Key of the text that says what it does. */
  label: string
  act: (event: KeyboardEvent) => void
  /** Also while a text field has the focus (only Escape deserves it). */
  inFields?: boolean
}

interface Group {
  title: string
  bindings: Binding[]
}

export const boundKeys = new Store<readonly Group[]>([])

/** What a key writes without letters, on the board for which the keys are named; with Shift the second. */
const SIGNS: Record<string, string> = { Slash: '/?', Comma: ',<', Period: '.>', Minus: '-_', Equal: '=+' }

/** What the key is: on a board of another script (Arabic: S writes "س") by its place, or no letter would do anything. */
function written(event: KeyboardEvent): string {
  const { key, code } = event
  if (key === ' ') return 'Space'
  if (!/[^ -~]/.test(key) || event.getModifierState('AltGraph')) return key
  const letter = /^Key([A-Z])$/.exec(code)?.[1] ?? /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1]
  return letter ?? SIGNS[code]?.[event.shiftKey ? 1 : 0] ?? key
}

export function keyName(event: KeyboardEvent): string {
  const key = written(event)
  const named = key.length === 1 ? key.toLowerCase() : key
  const shifted = event.shiftKey && key.length > 1
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shifted ? 'Shift+' : ''}${named}`
}

function inField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && target.type === 'checkbox') return false
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** What is open over the page and closes by itself; a list that is open says so at its field. */
const OVER = '[role="dialog"],[role="menu"],[role="listbox"],[aria-expanded="true"][role="combobox"],[data-mantine-stop-propagation="true"]'

/** Buttons, menus and dialogs act on these by themselves. */
function ownsKey(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest(OVER)) return true
  if (target instanceof HTMLInputElement && target.type === 'checkbox') return name === 'Space'
  return /^(BUTTON|A)$/.test(target.tagName) && (name === 'Enter' || name === 'Space')
}

/** Keys that somebody else acts on. */
const owned = new WeakSet<Event>()

/**
 * Sees a key before anybody acts on it: once Escape has closed a menu, nothing says any more that there was one. With a
 * modal dialog open the page behind it hears no Escape, wherever the focus is.
 */
export function noteKey(event: KeyboardEvent): void {
  const name = keyName(event)
  if (ownsKey(event.target, name) || (name === 'Escape' && document.querySelector('[aria-modal="true"]'))) owned.add(event)
}

export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || owned.has(event)) return
  const name = keyName(event)
  if (ownsKey(event.target, name)) return
  const typing = inField(event.target)
  // The innermost group was bound last and is asked first.
  for (const group of [...boundKeys.get()].reverse()) {
    for (const binding of group.bindings) {
      if (!binding.keys.includes(name) || (typing && !binding.inFields)) continue
      event.preventDefault()
      binding.act(event)
      return
    }
  }
}

/** Listens to the whole window; until the function that it returns is called. */
export function listenToKeys(): () => void {
  window.addEventListener('keydown', noteKey, true)
  window.addEventListener('keydown', handleKey)
  return () => {
    window.removeEventListener('keydown', noteKey, true)
    window.removeEventListener('keydown', handleKey)
  }
}

export function useKeys(title: string, bindings: Binding[], active = true): void {
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  useEffect(() => {
    if (!active) return undefined
    const group: Group = {
      title,
      get bindings() {
        return latest.current
      },
    }
    boundKeys.set([...boundKeys.get(), group])
    return () => boundKeys.set(boundKeys.get().filter((one) => one !== group))
  }, [title, active])
}
