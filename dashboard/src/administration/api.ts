/** Users, roles, grants, agencies and the audit, over the API. */
import { http, withQuery, type Query } from '@/base/api/http'
import type { components } from '@/base/api/schema'

type Schemas = components['schemas']

export type User = Schemas['UserOut']
export type Handed = Schemas['HandedOut']
export type Role = Schemas['RoleOut']
export type RoleIn = Schemas['RoleIn']
export type Grant = Schemas['RightsGrantOut']
export type GrantIn = Schemas['RightsGrantIn']
export type TargetKind = Schemas['TargetKind']
export type Entry = Schemas['AuditEntryOut']
export type Watched = Schemas['WatchedOut']
export type NewUser = Pick<Schemas['UserIn'], 'name' | 'full_name' | 'full_name_ar' | 'employee_number' | 'agency'>

const USERS = '/api/v1/users'
const ACCESS = '/api/v1/access'
const AUDIT = '/api/v1/audit'
const MOST = 1000

export const fetchUsers = (like: string, signal?: AbortSignal) => http.get<Schemas['UserList']>(USERS, { like, limit: MOST }, signal)
export const addUser = (user: NewUser) => http.post<Handed>(USERS, user)
export const disableUser = (id: string) => http.post<User>(`${USERS}/${id}/disable`, {})
export const enableUser = (id: string) => http.post<User>(`${USERS}/${id}/enable`, {})
export const recoverUser = (id: string) => http.post<Handed>(`${USERS}/${id}/recover`, {})

export const fetchRoles = async (signal?: AbortSignal) => (await http.get<Schemas['RoleList']>('/api/v1/roles', {}, signal)).items
export const putRole = (code: string, role: RoleIn) => http.put<Role>(`/api/v1/roles/${encodeURIComponent(code)}`, role)
export const removeRole = (code: string) => http.delete(`/api/v1/roles/${encodeURIComponent(code)}`)

export const fetchGrants = async (signal?: AbortSignal) => (await http.get<Schemas['RightsGrantList']>(`${ACCESS}/grants`, {}, signal)).items
export const addGrant = (grant: GrantIn) => http.post<Grant>(`${ACCESS}/grants`, grant)
export const withdrawGrant = (id: string) => http.delete(`${ACCESS}/grants/${id}`)

export const fetchPurposes = async (signal?: AbortSignal) => (await http.get<Schemas['PurposeRules']>(`${ACCESS}/purposes`, {}, signal)).agencies
export const setPurpose = (agency: string, required: boolean) => http.put<unknown>(`${ACCESS}/agencies/${encodeURIComponent(agency)}/purpose`, { required })
export const putAgency = (code: string, names: { name: string; name_ar: string }) => http.put<Schemas['AgencyOut']>(`/api/v1/cameras/agencies/${encodeURIComponent(code)}`, names)

export const searchAudit = (wanted: Query, signal?: AbortSignal) => http.get<Schemas['AuditList']>(AUDIT, wanted, signal)
export const fetchWatched = async (wanted: Query, signal?: AbortSignal) => (await http.get<Schemas['WatchedList']>(`${AUDIT}/watched`, { ...wanted, limit: MOST }, signal)).items
export const exportUrl = (wanted: Query) => withQuery(`${AUDIT}/export`, wanted)
