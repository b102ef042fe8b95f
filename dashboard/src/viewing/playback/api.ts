/** What playback-service says, with moments as milliseconds. */
import { http, withQuery } from '@/base/api/http'
export { askStill, fetchStill, stillUrl } from '@/base/api/still'
import { heardServerTime } from '@/base/server_clock'
import { purposeFields } from '@/base/purpose'
import type { Span } from '@/base/spans'
import { isoText } from '@/base/time'
import type { components } from '@/base/api/schema'

type TimelineWire = components['schemas']['TimelineOut']
type GrantWire = components['schemas']['GrantOut']

export interface Gap extends Span {
  cause: string
  detail: string
  /** The fault lasts: `to` is the moment of the answer. */
  open: boolean
}

export interface CameraTimeline {
  camera: string
  spans: Span[]
  gaps: Gap[]
  /** The growing end while it records, else null. */
  recordingUntil: number | null
  oldest: number | null
  newest: number | null
}

export interface Timeline extends Span {
  /** The server's time when it answered. */
  now: number
  cameras: Map<string, CameraTimeline>
}

const at = (text: string) => Date.parse(text)
const maybeAt = (text: string | null | undefined) => (text ? Date.parse(text) : null)

export async function fetchTimeline(cameras: readonly string[], range: Span, signal?: AbortSignal): Promise<Timeline> {
  const asked = Date.now()
  const wire = await http.get<TimelineWire>(
    '/api/v1/playback/timeline',
    { camera: cameras, from: isoText(range.from), to: isoText(range.to) },
    signal,
  )
  const now = at(wire.now)
  heardServerTime(now, asked, Date.now())
  const rows = wire.cameras.map((row): [string, CameraTimeline] => [
    row.camera,
    {
      camera: row.camera,
      spans: row.spans.map((span) => ({ from: at(span.from), to: at(span.to) })),
      gaps: row.gaps.map((gap) => ({
        from: at(gap.from), to: gap.to ? at(gap.to) : Math.min(now, range.to), cause: gap.cause, detail: gap.detail, open: !gap.to,
      })),
      recordingUntil: maybeAt(row.recording_until),
      oldest: maybeAt(row.oldest),
      newest: maybeAt(row.newest),
    },
  ])
  return { from: range.from, to: range.to, now, cameras: new Map(rows) }
}

export interface Grant extends Span {
  grant: string
  camera: string
  until: number
  url: string
}

function grantOf(wire: GrantWire): Grant {
  return { grant: wire.grant, camera: wire.camera, from: at(wire.from), to: at(wire.to), until: at(wire.until), url: wire.url }
}

export async function askGrant(camera: string, range: Span, signal?: AbortSignal): Promise<Grant> {
  return grantOf(await http.post<GrantWire>('/api/v1/playback/grants', { camera, from: isoText(range.from), to: isoText(range.to), ...purposeFields() }, signal))
}

export async function renewGrant(grant: string, signal?: AbortSignal): Promise<Grant> {
  return grantOf(await http.post<GrantWire>('/api/v1/playback/grants/renew', { grant }, signal))
}

export function downloadUrl(camera: string, range: Span): string {
  return withQuery('/api/v1/recordings/download', { camera, from: isoText(range.from), to: isoText(range.to), ...purposeFields() })
}

/** Whether footage of this agency leaves the system for a case only. */
export async function purposeRequired(agency: string): Promise<boolean> {
  return (await http.get<components['schemas']['PurposeRule']>(`/api/v1/access/agencies/${encodeURIComponent(agency)}/purpose`)).required
}
