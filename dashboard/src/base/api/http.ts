/**
 * The one way to the server: JSON in, JSON out, faults as `Problem` with the server's own code and words.
 * It also knows whether the server answers at all: the shell shows a lost connection from what is seen here.
 */
import { connection } from '../connection'
import { guessServerTime } from '../server_clock'
import { refused } from './standing'

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail || title)
    this.name = 'Problem'
  }

  /** No answer, or one that says that nobody is home: worth trying again by itself. */
  get away(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined | null>

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue
    if (Array.isArray(value)) for (const one of value as readonly string[]) search.append(key, one)
    else search.append(key, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

interface Call {
  query?: Query
  json?: unknown
  body?: BodyInit
  type?: string
  signal?: AbortSignal | undefined
  headers?: Record<string, string>
}

/** What an answer that is none says. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {}
  try {
    body = (await response.json()) as Record<string, unknown>
  } catch {
    // A gateway's own page: the status is all there is.
  }
  const text = (key: string) => (typeof body[key] === 'string' ? body[key] : '')
  return new Problem(response.status, text('code') || `http_${response.status}`, text('title') || response.statusText, text('detail'), body)
}

export async function call<T>(method: string, path: string, { query, json, body, type, signal, headers }: Call = {}): Promise<T> {
  const all: Record<string, string> = { accept: 'application/json', 'accept-language': document.documentElement.lang || 'en', ...headers }
  if (json !== undefined) all['content-type'] = 'application/json'
  else if (type) all['content-type'] = type
  const address = withQuery(path, query)
  const asked = Date.now()
  let response: Response
  try {
    response = await fetch(address, {
      method,
      headers: all,
      ...(json !== undefined ? { body: JSON.stringify(json) } : body !== undefined ? { body } : {}),
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    connection.unreachable()
    throw new Problem(0, 'unreachable', 'Unreachable', '')
  }
  guessServerTime(response.headers.get('date'), asked, Date.now())
  if (!response.ok) {
    const problem = await problemOf(response)
    if (!problem.away) connection.heard(address)
    // What cannot be done is said where it was asked for; what cannot be read ages on the screen.
    else if (method === 'GET') connection.missed(address)
    refused(response.status)
    throw problem
  }
  connection.heard(address)
  return (response.status === 204 ? undefined : await response.json()) as T
}

export const http = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => call<T>('GET', path, { ...(query ? { query } : {}), signal }),
  post: <T>(path: string, json: unknown, signal?: AbortSignal) => call<T>('POST', path, { json, signal }),
  put: <T>(path: string, json: unknown) => call<T>('PUT', path, { json }),
  patch: <T>(path: string, json: unknown, headers?: Record<string, string>) => call<T>('PATCH', path, { json, ...(headers ? { headers } : {}) }),
  delete: (path: string) => call<unknown>('DELETE', path),
}
