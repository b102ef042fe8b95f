import { describe, expect, it, vi } from 'vitest'
import { boundKeys, handleKey, keyName, listenToKeys } from './keys'

const press = (init: KeyboardEventInit & { key: string }, target: Element = document.body) => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  Object.defineProperty(event, 'target', { value: target })
  handleKey(event)
  return event
}

describe('keys', () => {
  it('are named by what they write, with Shift only where it writes nothing', () => {
    expect(keyName(new KeyboardEvent('keydown', { key: '?', shiftKey: true }))).toBe('?')
    expect(keyName(new KeyboardEvent('keydown', { key: 'ArrowLeft', shiftKey: true }))).toBe('Shift+ArrowLeft')
    expect(keyName(new KeyboardEvent('keydown', { key: ' ' }))).toBe('Space')
  })

  it('reach the group that was bound last, and no text field', () => {
    const outer = vi.fn()
    const inner = vi.fn()
    boundKeys.set([{ title: 'a', bindings: [{ keys: ['k'], label: '', act: outer }] }, { title: 'b', bindings: [{ keys: ['k'], label: '', act: inner }] }])
    expect(press({ key: 'k' }).defaultPrevented).toBe(true)
    press({ key: 'k' }, document.createElement('input'))
    expect([outer.mock.calls.length, inner.mock.calls.length]).toEqual([0, 1])
    boundKeys.set([])
  })

  it('leave Space and Enter to a focused button', () => {
    const act = vi.fn()
    boundKeys.set([{ title: 'a', bindings: [{ keys: ['Space'], label: '', act }] }])
    press({ key: ' ' }, document.createElement('button'))
    expect(act).not.toHaveBeenCalled()
    boundKeys.set([])
  })

  it('are named by their place on a board of another script', () => {
    const named = (init: KeyboardEventInit) => keyName(new KeyboardEvent('keydown', init))
    expect(named({ key: 'س', code: 'KeyS' })).toBe('s')
    expect(named({ key: 'لا', code: 'KeyB' })).toBe('b')
    expect(named({ key: '؟', code: 'Slash', shiftKey: true })).toBe('?')
    expect(named({ key: 'ظ', code: 'Slash' })).toBe('/')
    expect(named({ key: 'و', code: 'Comma' })).toBe(',')
    expect(named({ key: '٣', code: 'Digit3' })).toBe('3')
    expect(named({ key: 'ش', code: 'KeyA', ctrlKey: true })).toBe('Ctrl+a')
    expect(named({ key: 'a', code: 'KeyQ' })).toBe('a')
  })
})

describe('Escape', () => {
  const act = vi.fn()
  const pressIn = (markup: string, onKey?: (box: HTMLElement) => void) => {
    act.mockClear()
    const box = document.createElement('div')
    box.innerHTML = markup
    document.body.append(box)
    boundKeys.set([{ title: 'a', bindings: [{ keys: ['Escape'], label: '', act, inFields: true }] }])
    const stop = listenToKeys()
    box.addEventListener('keydown', () => onKey?.(box))
    box.querySelector('[data-here]')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }))
    stop()
    boundKeys.set([])
    box.remove()
    return act.mock.calls.length
  }

  it.each([
    '<div role="dialog"><input data-here></div>', '<div role="menu"><button data-here></button></div>', '<input role="combobox" aria-expanded="true" data-here>',
    '<div data-mantine-stop-propagation="true" data-here></div>', '<section aria-modal="true"></section><p data-here></p>',
  ])('belongs to what is open: %s', (markup) => {
    expect(pressIn(markup)).toBe(0)
  })

  it('belongs to what it has just closed', () => {
    expect(pressIn('<input role="combobox" aria-expanded="true" data-here>', (box) => box.firstElementChild?.setAttribute('aria-expanded', 'false'))).toBe(0)
  })

  it('belongs to the page where nothing is open', () => {
    expect(pressIn('<input role="combobox" aria-expanded="false" data-here>')).toBe(1)
    expect(pressIn('<p data-here></p>')).toBe(1)
  })
})
