import { describe, expect, test } from 'vitest'
import type { Grant } from './api'
import { queryOf, readAuditWish, since, writeAuditWish } from './audit_wish'
import { chosenGrants, lifeOf, readGrantWish, writeGrantWish } from './grants'
import { agenciesIn, codeOf, summaryOf, toggled, touchesSystem } from './permissions'
import { fieldOfMoment, momentOfField, momentText, shortStamp, stamp } from './stamp'

const NOW = Date.parse('2026-11-26T12:00:00Z')

describe('moments', () => {
  test('are read and written by the clock of the site, not of this machine', () => {
    expect(stamp('2026-11-26T20:03:09Z')).toBe('2026-11-27 00:03:09')
    expect(shortStamp('2026-11-26T20:03:09Z')).toBe('2026-11-27 00:03')
    expect(momentOfField('2026-11-27T00:03')).toBe(Date.parse('2026-11-26T20:03:00Z'))
    expect(fieldOfMoment(Date.parse('2026-11-26T20:03:00Z'))).toBe('2026-11-27T00:03')
    expect(momentOfField('')).toBeNull()
    expect(momentText(Date.parse('2026-11-26T20:03:00Z'))).toBe('2026-11-27 00:03')
    expect(momentOfField(momentText(Date.parse('2026-11-26T20:03:09Z')).replace(' ', 'T'))).toBe(Date.parse('2026-11-26T20:03:09Z'))
  })
})

describe('permissions', () => {
  const some = ['camera:*:live', 'camera:METRO:export', 'camera:METRO:playback', 'system:audit']
  test('are a row an agency', () => {
    expect(agenciesIn(some)).toEqual(['METRO'])
    expect(summaryOf(some)).toEqual({ cameras: [{ agency: '*', verbs: ['live'] }, { agency: 'METRO', verbs: ['playback', 'export'] }], system: ['audit'] })
    expect(touchesSystem(some)).toBe(true)
    expect(touchesSystem(some.slice(0, 3))).toBe(false)
  })
  test('are ticked and taken back', () => {
    expect(toggled(['camera:*:live'], 'camera:*:export', true)).toEqual(['camera:*:export', 'camera:*:live'])
    expect(toggled(['camera:*:live'], 'camera:*:live', false)).toEqual([])
    expect(toggled(['camera:*:live'], 'camera:*:live', true)).toEqual(['camera:*:live'])
  })
  test('a code is made of a name', () => {
    expect(codeOf('Night shift, Metro')).toBe('night-shift-metro')
    expect(codeOf('2nd <b>line</b>')).toBe('nd-b-line-b')
    expect(codeOf('مناوبة')).toBe('')
  })
})

describe('grants', () => {
  const grant = (part: Partial<Grant>): Grant => ({ id: 'x', user_id: 'u', told_group: null, role: 'viewer', on: 'camera', target: 'c', until: null, granted_by: '', granted_at: null, user_name: 'mariam', granted_by_name: null, ...part })
  test('say how long they hold', () => {
    expect(lifeOf(grant({}), NOW)).toBe('lasting')
    expect(lifeOf(grant({ until: '2026-11-26T12:00:00Z' }), NOW)).toBe('ended')
    expect(lifeOf(grant({ until: '2026-11-26T12:00:01Z' }), NOW)).toBe('soon')
    expect(lifeOf(grant({ until: '2026-11-28T12:00:00Z' }), NOW)).toBe('holds')
  })
  test('are chosen by user, role and words; ended ones only when asked for', () => {
    const all = [grant({ id: 'a' }), grant({ id: 'b', user_id: 'v', role: 'operator' }), grant({ id: 'c', until: '2026-11-01T00:00:00Z' })]
    const ids = (query: string) => chosenGrants(all, readGrantWish(query), NOW, (one) => `${one.role} Gate <1>`).map((one) => one.id).join('')
    expect(ids('')).toBe('ab')
    expect(ids('ended=')).toBe('abc')
    expect(ids('user=v')).toBe('b')
    expect(ids('role=viewer')).toBe('a')
    expect(ids('q=OPERATOR+gate')).toBe('b')
    expect(ids('q=nobody')).toBe('')
    const wish = { user: 'v', role: 'operator', words: 'a b', ended: true }
    expect(readGrantWish(writeGrantWish(wish))).toEqual(wish)
  })
})

describe('a search of the audit', () => {
  test('is the same from the address', () => {
    const wish = { from: '2026-11-26T00:00', actor: 'سالم', action: 'playback', case: '2026/113 & "x"' }
    expect(readAuditWish(writeAuditWish(wish))).toEqual(wish)
    expect(readAuditWish('?actor=+&nonsense=1')).toEqual({})
  })
  test('is asked in the words of the server', () => {
    const asked = queryOf({ from: '2026-11-26T00:00', case: '7', result: 'refused' })
    expect(asked).toMatchObject({ from: '2026-11-25T20:00:00Z', to: null, case_ref: '7', result: 'refused' })
    expect(since(3600_000, NOW)).toEqual({ from: '2026-11-26T15:00' })
  })
})
