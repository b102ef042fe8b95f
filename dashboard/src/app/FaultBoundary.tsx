import { Button } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { Translation } from 'react-i18next'
import classes from './app.module.css'

export class FaultBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <Translation ns="app">
        {(t) => (
          <div className={classes.fault} role="alert">
            <h2>{t('fault.title')}</h2>
            <p>{t('fault.words')}</p>
            <Button onClick={() => window.location.reload()}>{t('fault.again')}</Button>
          </div>
        )}
      </Translation>
    )
  }
}
