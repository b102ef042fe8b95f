/** The form's fields, and the way between them and what the API takes. */
import type { Camera, CameraIn, CameraPatch } from './api'

export interface Draft {
  name: string
  nameAr: string
  agency: string
  place: string
  lat: string
  lon: string
  mainUrl: string
  mainTransport: 'tcp' | 'udp'
  subUrl: string
  subTransport: 'tcp' | 'udp'
  user: string
  password: string
  forget: boolean
  mode: 'continuous' | 'off'
  audio: 'off' | 'keep' | 'aac'
  enabled: boolean
}

export function draftOf(camera: Camera | null, agency: string): Draft {
  return {
    name: camera?.name ?? '',
    nameAr: camera?.name_ar ?? '',
    agency: camera?.agency ?? agency,
    place: camera?.place.text ?? '',
    lat: camera?.place.lat?.toString() ?? '',
    lon: camera?.place.lon?.toString() ?? '',
    mainUrl: camera?.main.url ?? '',
    mainTransport: camera?.main.transport ?? 'tcp',
    subUrl: camera?.sub?.url ?? '',
    subTransport: camera?.sub?.transport ?? 'tcp',
    user: '',
    password: '',
    forget: false,
    mode: camera?.mode ?? 'continuous',
    audio: camera?.audio ?? 'keep',
    enabled: camera?.enabled ?? true,
  }
}

/** What is being typed, over what somebody else has made of the camera meanwhile: fields left alone become theirs. */
export function rebased(draft: Draft, before: Draft, after: Draft): { draft: Draft; touched: boolean } {
  const keys = Object.keys(draft) as (keyof Draft)[]
  const mine = keys.filter((key) => draft[key] !== before[key])
  return { draft: { ...after, ...Object.fromEntries(mine.map((key) => [key, draft[key]])) }, touched: mine.length > 0 }
}

function degrees(text: string): number | null {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() && Number.isFinite(value) ? value : null
}

function parts(draft: Draft): Required<Pick<CameraIn, 'name' | 'name_ar' | 'agency' | 'place' | 'main' | 'mode' | 'audio' | 'enabled'>> & { sub: CameraIn['sub'] } {
  return {
    name: draft.name.trim(),
    name_ar: draft.nameAr.trim(),
    agency: draft.agency,
    place: { lat: degrees(draft.lat), lon: degrees(draft.lon), text: draft.place.trim() },
    main: { url: draft.mainUrl.trim(), transport: draft.mainTransport },
    sub: draft.subUrl.trim() ? { url: draft.subUrl.trim(), transport: draft.subTransport } : null,
    mode: draft.mode,
    audio: draft.audio,
    enabled: draft.enabled,
  }
}

function signIn(draft: Draft): { username: string; password: string } | null {
  return draft.user || draft.password ? { username: draft.user, password: draft.password } : null
}

export function cameraIn(draft: Draft): CameraIn {
  return { ...parts(draft), credentials: signIn(draft) } as CameraIn
}

/** Only what differs, so that two people who change different things do not undo each other. */
export function patchOf(draft: Draft, camera: Camera): CameraPatch {
  const before = parts(draftOf(camera, camera.agency)) as Record<string, unknown>
  const after = parts(draft) as Record<string, unknown>
  const change: Record<string, unknown> = {}
  for (const key of Object.keys(after)) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) change[key] = after[key]
  }
  const given = signIn(draft)
  if (given) change.credentials = given
  else if (draft.forget) change.credentials = null
  return { ...change, version: camera.version }
}

/** Which field of the form a server's problem speaks of. */
export const FIELDS: Record<string, keyof Draft> = {
  name: 'name', name_ar: 'nameAr', agency: 'agency', place: 'place', 'place.text': 'place', 'place.lat': 'lat', 'place.lon': 'lon',
  main: 'mainUrl', 'main.url': 'mainUrl', 'main.transport': 'mainTransport', sub: 'subUrl', 'sub.url': 'subUrl', 'sub.transport': 'subTransport',
  credentials: 'user', 'credentials.username': 'user', 'credentials.password': 'password', mode: 'mode', audio: 'audio',
}
