/**
 * Whether the server answers: lost after two requests in a row without answer from one of its services, or when its
 * socket, which speaks every half second, is silent. Back when all are well again: that one service answers says
 * nothing of another.
 */
import { Store } from './store'

export interface Connection {
  lost: boolean
  /** When what is missing was last heard, on this machine's clock. */
  heardAt: number
}

const MISSES_TO_LOSE = 2
/** The way to the server itself: any answer at all clears it. */
const WAY = ''
/** Answered by every server that answers at all. */
const SIGN_OF_LIFE = '/api/v1/system'

/** Which service a request goes to, as far as its address tells. */
export function serviceOf(path: string): string {
  return /^\/api\/v\d+\/([^/?]+)/.exec(path)?.[1] ?? path.replace(/\?.*/, '')
}

interface Missing {
  misses: number
  /** What was asked for last. */
  path: string
  /** When all was well last, before the first miss. */
  heardAt: number
}

export class ConnectionWatch extends Store<Connection> {
  private readonly missing = new Map<string, Missing>()
  private silent = false
  private lastHeard = Date.now()

  /** A request was answered by the service that it was for. */
  heard(path = WAY): void {
    this.missing.delete(WAY)
    this.missing.delete(serviceOf(path))
    this.lastHeard = Date.now()
    this.settle()
  }

  /** Nobody answered. */
  unreachable(): void {
    this.miss(WAY, SIGN_OF_LIFE)
  }

  /** The server answered that the service is away. */
  missed(path: string): void {
    this.missing.delete(WAY)
    this.miss(serviceOf(path), path)
  }

  private miss(service: string, path: string): void {
    const { misses, heardAt } = this.missing.get(service) ?? { misses: 0, heardAt: this.lastHeard }
    this.missing.set(service, { misses: misses + 1, path, heardAt })
    this.settle()
  }

  socketSpoke(): void {
    this.silent = false
    this.lastHeard = Date.now()
    this.settle()
  }

  socketSilent(): void {
    this.silent = true
    this.settle()
  }

  /** A request failed, or the server is silent: somebody should ask. */
  get doubtful(): boolean {
    return this.missing.size > 0 || this.silent
  }

  /** What to ask for to know whether all is well again: an answer by another service would not say so. */
  get doubts(): string[] {
    return [...new Set([SIGN_OF_LIFE, ...[...this.missing.values()].map((one) => one.path)])]
  }

  private settle(): void {
    const gone = [...this.missing.values()].filter(({ misses }) => misses >= MISSES_TO_LOSE)
    const lost = this.silent || gone.length > 0
    if (lost !== this.get().lost) this.set({ lost, heardAt: Math.min(this.lastHeard, ...gone.map((one) => one.heardAt)) })
  }
}

export const connection = new ConnectionWatch({ lost: false, heardAt: Date.now() })
