/** What vms-service says of cameras. */
import { call, http } from '@/base/api/http'
import type { components } from '@/base/api/schema'

export type Camera = components['schemas']['CameraWithStatus']
/** What a change answers: the camera without its state. */
export type CameraKept = components['schemas']['CameraOut']
export type CameraIn = components['schemas']['CameraIn']
export type CameraPatch = components['schemas']['CameraPatch']
export type Status = Camera['status']
export type StateName = Status['state']
export type History = components['schemas']['StatusHistory']
export type ImportReport = components['schemas']['ImportOut']
export type ImportRow = ImportReport['results'][number]
export type FieldProblem = components['schemas']['ProblemOut']
export type Agency = components['schemas']['AgencyOut']

export interface ProbeWish {
  url: string
  transport: 'tcp' | 'udp'
  credentials: { username: string; password: string } | null
}

export type ProbeReport = components['schemas']['ProbeOut']

const PAGE = 500

/** All cameras, page after page. */
export async function fetchCameras(signal?: AbortSignal): Promise<Camera[]> {
  const all: Camera[] = []
  for (;;) {
    const page = await http.get<components['schemas']['CameraList']>('/api/v1/cameras', { limit: PAGE, offset: all.length }, signal)
    all.push(...page.items)
    if (all.length >= page.total || page.items.length === 0) return all
  }
}

const TROUBLES: readonly StateName[] = ['degraded', 'connecting', 'auth_failed', 'refused', 'no_video', 'unusable']

/** Only the cameras that have a trouble, the first page of them. */
export async function fetchTroubled(signal?: AbortSignal): Promise<Camera[]> {
  return (await http.get<components['schemas']['CameraList']>('/api/v1/cameras', { state: TROUBLES, limit: PAGE }, signal)).items
}

export const fetchCamera = (id: string, signal?: AbortSignal) => http.get<Camera>(`/api/v1/cameras/${id}`, {}, signal)
export const fetchHistory = (id: string, signal?: AbortSignal) => http.get<History>(`/api/v1/cameras/${id}/status`, {}, signal)
export const fetchAgencies = async (signal?: AbortSignal) => (await http.get<components['schemas']['AgencyList']>('/api/v1/cameras/agencies', {}, signal)).items
export type Group = components['schemas']['GroupOut']
export const fetchGroups = async (signal?: AbortSignal) => (await http.get<components['schemas']['GroupList']>('/api/v1/cameras/groups', {}, signal)).items
export const addGroup = (name: string, nameAr = '') => http.post<Group>('/api/v1/cameras/groups', { name, name_ar: nameAr })
export const renameGroup = (id: string, name: string, nameAr: string) => http.put<Group>(`/api/v1/cameras/groups/${id}`, { name, name_ar: nameAr })
export const removeGroup = (id: string) => http.delete(`/api/v1/cameras/groups/${id}`)
export const addCamera = (camera: CameraIn) => http.post<CameraKept>('/api/v1/cameras', camera)
export const changeCamera = (id: string, change: CameraPatch) => http.patch<CameraKept>(`/api/v1/cameras/${id}`, change)
export const removeCamera = (id: string) => http.delete(`/api/v1/cameras/${id}`)
export const restoreCamera = (id: string) => http.post<CameraKept>(`/api/v1/cameras/${id}/restore`, {})
export const probeCamera = (id: string, signal?: AbortSignal) => http.post<ProbeReport>(`/api/v1/cameras/${id}/probe`, {}, signal)
export const probeAddress = (stream: ProbeWish, signal?: AbortSignal) => http.post<ProbeReport>('/api/v1/cameras/probe', stream, signal)
export const EXPORT_URL = '/api/v1/cameras/export?format=csv'

export function importCameras(text: string, options: { dryRun: boolean; update: boolean }): Promise<ImportReport> {
  return call<ImportReport>('POST', '/api/v1/cameras/import', {
    query: { dry_run: options.dryRun, existing: options.update ? 'update' : 'skip' },
    body: text,
    type: /^\s*[[{]/.test(text) ? 'application/json' : 'text/csv',
  })
}
