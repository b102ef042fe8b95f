/** Messages that wait in the corner: what was done, what goes on, and the way back. Nothing here blocks. */
import { Store } from '../store'

export interface Message {
  id: number
  words: string
  tone: 'plain' | 'good' | 'bad'
  action?: { label: string; act: () => void }
  /** When it goes by itself, by Date.now(); null: when dismissed. */
  until: number | null
}

/** A way back must be there long enough to be seen, thought about and clicked. */
const ACTION_MS = 15_000

/** So many are shown; more only where each is a way back, or work that goes on. */
const MOST = 5

export const messages = new Store<readonly Message[]>([])
let last = 0
const timers = new Map<number, ReturnType<typeof setTimeout>>()
/** Since when none goes by itself: somebody is about to use one. By Date.now(). */
let heldAt: number | null = null

export function dismiss(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  messages.set(messages.get().filter((message) => message.id !== id))
}

function arm({ id, until }: Message): void {
  if (until !== null && heldAt === null) timers.set(id, setTimeout(() => dismiss(id), until - Date.now()))
}

/** While it holds, time stands still for all of them. */
export function hold(on: boolean): void {
  if (on === (heldAt !== null)) return
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
  const stood = heldAt === null ? 0 : Date.now() - heldAt
  heldAt = on ? Date.now() : null
  if (on) return
  messages.set(messages.get().map((message) => (message.until === null ? message : { ...message, until: message.until + stood })))
  messages.get().forEach(arm)
}

/** What makes room is the oldest of those that only tell something. */
function add(message: Message): void {
  const all = [...messages.get(), message]
  let over = all.length - MOST
  const goes = (one: Message) => one !== message && !one.action && one.until !== null && over-- > 0
  messages.set(all.filter((one) => !goes(one)))
  arm(message)
}

/** Does what the newest message offers. */
export function takeAction(): void {
  const message = messages.get().findLast((one) => one.action)
  if (!message) return
  message.action?.act()
  dismiss(message.id)
}

export function tell(words: string, options: { tone?: Message['tone']; action?: Message['action']; forMs?: number } = {}): number {
  const { tone = 'plain', action, forMs = action ? ACTION_MS : tone === 'bad' ? 10_000 : 4_000 } = options
  last += 1
  const id = last
  add({ id, words, tone, until: Date.now() + forMs, ...(action ? { action } : {}) })
  return id
}

/** Work that takes a while: its message stays until it is dismissed or becomes another one. */
export function working(words: string): { say: (words: string) => void; end: () => void } {
  last += 1
  const id = last
  add({ id, words, tone: 'plain', until: null })
  return {
    say: (next) => messages.set(messages.get().map((message) => (message.id === id ? { ...message, words: next } : message))),
    end: () => dismiss(id),
  }
}
