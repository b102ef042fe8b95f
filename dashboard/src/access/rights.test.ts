import { expect, test } from 'vitest'
import { rightsOf } from './rights'

const NOW = Date.parse('2026-11-26T12:00:00Z')
const hold = (verb: string, part: Partial<{ agency: string; group: string; camera: string; until: string }>) => ({ verb, agency: null, group: null, camera: null, look_back_days: null, until: null, ...part })
const gate = { id: 'c1', agency: 'METRO', group_id: 'g1' }
const bay = { id: 'c2', agency: 'BUS', group_id: null }

test('a hold reaches what all of its parts name', () => {
  const rights = rightsOf({ system: ['audit'], cameras: [hold('live', { agency: 'METRO' }), hold('playback', { group: 'g1' }), hold('export', { camera: 'c2' })] }, () => NOW)
  expect(rights.may('live', gate)).toBe(true)
  expect(rights.may('live', bay)).toBe(false)
  expect(rights.may('playback', gate)).toBe(true)
  expect(rights.may('playback', bay)).toBe(false)
  expect(rights.may('export', bay)).toBe(true)
  expect(rights.may('manage', gate)).toBe(false)
  expect(rights.some('manage')).toBe(false)
  expect(rights.some(null)).toBe(true)
  expect(rights.system('audit')).toBe(true)
  expect(rights.system('users')).toBe(false)
})

test('a right ends by itself', () => {
  let now = NOW
  const rights = rightsOf({ system: [], cameras: [hold('live', { until: '2026-11-26T12:00:01Z' })] }, () => now)
  expect(rights.may('live', gate)).toBe(true)
  now += 1000
  expect(rights.may('live', gate)).toBe(false)
  expect(rights.some(null)).toBe(false)
})
