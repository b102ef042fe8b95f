import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../icons'
import { useKeys } from '../keys'
import { useStore } from '../store'
import { dismiss, hold, messages, takeAction } from './store'
import classes from './tray.module.css'

const LOOK_MS = 500

export function Tray() {
  const { t } = useTranslation()
  const all = useStore(messages)
  const box = useRef<HTMLDivElement>(null)
  const offer = all.findLast((message) => message.action)?.action
  useKeys(t('tray.label'), [{ keys: ['Ctrl+z'], label: offer?.label ?? '', act: takeAction }], offer !== undefined)
  const look = () => hold(box.current?.matches(':hover, :focus-within') ?? false)
  // What vanishes under the pointer or with the focus in it says nothing: it has to be looked for.
  useEffect(() => {
    look()
    if (all.length === 0) return undefined
    const timer = setInterval(look, LOOK_MS)
    return () => clearInterval(timer)
  }, [all])
  return (
    <div ref={box} className={classes.tray} role="status" aria-label={t('tray.label')} data-testid="tray" onPointerEnter={look} onPointerLeave={look} onFocus={look} onBlur={look}>
      {all.map((message) => (
        <div key={message.id} className={classes.message} data-tone={message.tone}>
          <span className={classes.words}>{message.words}</span>
          {message.action && (
            <button
              type="button" className={classes.action} data-testid="tray-action"
              title={message.action === offer ? `${message.action.label} (Ctrl Z)` : undefined}
              onClick={() => {
                message.action?.act()
                dismiss(message.id)
              }}
            >
              {message.action.label}
            </button>
          )}
          <button type="button" className={classes.close} aria-label={t('common.dismiss')} onClick={() => dismiss(message.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}
