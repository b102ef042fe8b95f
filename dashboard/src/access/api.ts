/** Who is who, over the API. */
import { call, http } from '@/base/api/http'
import type { components } from '@/base/api/schema'

export type Pending = 'password' | 'totp' | null

export interface Session {
  user_id: string
  name: string
  full_name: string
  full_name_ar: string
  agency: string | null
  pending: Pending
  until: string | null
  break_glass: boolean
}

export interface Ways {
  local: boolean
  provider: { name: string; start: string } | null
}

export interface User {
  id: string
  name: string
  full_name: string
  full_name_ar: string
  employee_number: string
  agency: string | null
  source: 'local' | 'provider'
  one_time: boolean
  totp: boolean
  break_glass: boolean
  disabled_at: string | null
  signed_in_at: string | null
  version: number
}

export interface SignInRow {
  id: string
  current: boolean
  method: string
  seen_at: string
  address: string
  agent: string
}

export interface Profile {
  user: User
  recovery_codes_left: number
  sign_ins: SignInRow[]
}

export interface ApiKey {
  id: string
  name: string
  prefix: string
  scopes: string[]
  expires_at: string
  used_at: string | null
  revoked_at: string | null
}

const SESSION = '/api/v1/session'
const PROFILE = '/api/v1/profile'

export const whoAmI = () => http.get<Session>(SESSION)
export const myRights = () => http.get<components['schemas']['RightsOut']>(`${SESSION}/rights`)
export const ways = () => http.get<Ways>(`${SESSION}/ways`)
export const signIn = (name: string, password: string) => http.post<Session>(SESSION, { name, password })
export const giveCode = (code: string) => http.post<Session>(`${SESSION}/code`, { code })
export const signOut = () => http.delete(SESSION)

export const profile = () => http.get<Profile>(PROFILE)
export const changePassword = (current: string, next: string) => http.post<Session>(`${PROFILE}/password`, { current, new: next })
export const beginFactor = (password: string) => http.post<{ secret: string; address: string }>(`${PROFILE}/totp`, { password })
export const confirmFactor = (code: string) => http.post<{ codes: string[] }>(`${PROFILE}/totp/confirm`, { code })
export const dropFactor = (password: string, code: string) => call<unknown>('POST', `${PROFILE}/totp/off`, { json: { password, code } })
export const endSignIn = (id: string) => http.delete(`${PROFILE}/sign-ins/${id}`)

export const ownKeys = () => http.get<{ items: ApiKey[] }>('/api/v1/keys')
export const addKey = (key: { name: string; scopes: string[]; days: number }) => http.post<{ key: ApiKey; secret: string }>('/api/v1/keys', key)
export const revokeKey = (id: string) => http.delete(`/api/v1/keys/${id}`)
