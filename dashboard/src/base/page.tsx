/**
 * A page whose code comes in a file of its own. Once it is here it is drawn at once: React's `lazy` shows its
 * fallback even for code that has long come, and what follows a fallback is held back for 300 ms so that nothing
 * flickers.
 */
import { lazy, useState, type ComponentType, type FC } from 'react'

export interface Page<Props extends object> extends FC<Props> {
  /** Fetches the code, for somebody who is about to go there. */
  ahead: () => Promise<unknown>
}

export function page<Props extends object>(load: () => Promise<ComponentType<Props>>): Page<Props> {
  let here: ComponentType<Props> | null = null
  let coming: Promise<{ default: ComponentType<Props> }> | null = null
  const fetch = () => {
    coming ??= load().then((loaded) => ({ default: (here = loaded) }), (fault: unknown) => {
      coming = null
      throw fault
    })
    return coming
  }
  const Coming = lazy(fetch)
  function Shown(props: Props) {
    // What was taken first stays: another component would be a new page with nothing of the old one's state.
    const [Taken] = useState<ComponentType<Props>>(() => here ?? Coming)
    return <Taken {...props} />
  }
  return Object.assign(Shown, { ahead: () => fetch().catch(() => undefined) })
}
