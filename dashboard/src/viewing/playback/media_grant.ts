/**
 * The right to fetch one window's media. Addresses carry it in one place, so it is renewed by writing the new
 * text there; what is playing need not be loaded anew.
 */
import { Problem } from '@/base/api/http'
import { serverNow } from '@/base/server_clock'
import type { Span } from '@/base/spans'
import { askGrant, renewGrant, type Grant } from './api'

const RENEW_BEFORE_MS = 90_000
const RETRY_MS = 3_000

export function withGrant(url: string, grant: string): string {
  return url.replace(/(\/media\/[^/]+\/)[^/?#]+/, `$1${grant}`)
}

export class MediaGrant {
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly stop = new AbortController()

  private constructor(private current: Grant) {
    this.plan()
  }

  static async ask(camera: string, range: Span, signal: AbortSignal): Promise<MediaGrant> {
    return new MediaGrant(await askGrant(camera, range, signal))
  }

  get url(): string {
    return this.current.url
  }

  /** The same address with the grant that holds now. */
  readonly rewrite = (url: string): string => withGrant(url, this.current.grant)

  private plan(delay = Math.max(RETRY_MS, this.current.until - serverNow() - RENEW_BEFORE_MS)): void {
    if (!this.stop.signal.aborted) this.timer = setTimeout(() => void this.renew(), delay)
  }

  private async renew(): Promise<void> {
    const { grant, camera, from, to } = this.current
    try {
      const renewed = await renewGrant(grant, this.stop.signal)
      this.current = { ...this.current, grant: renewed.grant, until: renewed.until }
    } catch (fault) {
      if (this.stop.signal.aborted) return
      if (!(fault instanceof Problem) || fault.away) {
        this.plan(RETRY_MS)
        return
      }
      // It ended or was withdrawn: whoever may still look gets a new one for the same range.
      try {
        this.current = await askGrant(camera, { from, to }, this.stop.signal)
      } catch {
        this.plan(RETRY_MS * 3)
        return
      }
    }
    this.plan()
  }

  end(): void {
    clearTimeout(this.timer)
    this.stop.abort()
  }
}
