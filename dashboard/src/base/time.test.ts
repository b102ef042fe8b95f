import i18next from 'i18next'
import { beforeAll, describe, expect, it } from 'vitest'
import { startTexts } from './i18n'
import { readMoment } from './moment'
import { clockText, dateText, dayStart, durationText, momentOf, partsOf, zoneOffset } from './time'

beforeAll(() => startTexts())

const at = (text: string) => Date.parse(text)

describe('clocks of the site', () => {
  it('shows Dubai, whatever zone this machine is in', () => {
    expect(clockText(at('2026-11-23T14:00:05Z'))).toBe('18:00:05')
    expect(dateText(at('2026-11-23T21:00:00Z'))).toBe('2026-11-24')
    expect(zoneOffset(at('2026-11-23T14:00:00Z'))).toBe(4 * 3_600_000)
  })

  it('shows milliseconds when asked', () => {
    expect(clockText(at('2026-11-23T14:00:05.120Z'), true)).toBe('18:00:05.120')
  })

  it('finds the moment of a local time in a zone with summer time, on both sides of a change', () => {
    for (const text of ['2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z', '2026-07-01T12:00:00Z', '2026-10-25T03:30:00Z']) {
      expect(momentOf(partsOf(at(text), 'Europe/Berlin'), 'Europe/Berlin')).toBe(at(text))
    }
  })

  it('begins a day at the midnight of the site', () => {
    expect(dayStart(at('2026-11-23T21:00:00Z'))).toBe(at('2026-11-23T20:00:00Z'))
  })

  it.each([[900, '1 s'], [45_000, '45 s'], [200_000, '3 min 20 s'], [7_500_000, '2 h 5 min'], [86_400_000, '1 d'], [90_000_000, '1 d 1 h']])('says %i ms as %s', (ms, words) => {
    expect(durationText(ms)).toBe(words)
  })

  it('says how long in the words of the language', async () => {
    i18next.addResourceBundle('ar', 'app', { duration: { min: '{{count}} د', s: '{{count}} ث' } })
    await i18next.changeLanguage('ar')
    expect(durationText(200_000)).toBe('3 د 20 ث')
    await i18next.changeLanguage('en')
  })
})

describe('a moment as people type it', () => {
  const now = at('2026-11-23T14:00:00Z') // 18:00 in Dubai
  it.each([
    ['14:30', '2026-11-23T10:30:00Z'],
    ['14:30:05', '2026-11-23T10:30:05Z'],
    ['143005', '2026-11-23T10:30:05Z'],
    ['١٤:٣٠', '2026-11-23T10:30:00Z'],
    ['۱۴:۳۰:۰۵', '2026-11-23T10:30:05Z'],
    ['2026-11-20T08:00', '2026-11-20T04:00:00Z'],
    ['2:30 pm', '2026-11-23T10:30:00Z'],
    ['23:00', '2026-11-22T19:00:00Z'], // later than now: the last time that the clock showed it
    ['yesterday 9:00', '2026-11-22T05:00:00Z'],
    ['23/11 14:30', '2026-11-23T10:30:00Z'],
    ['2026-11-20 08:00:01', '2026-11-20T04:00:01Z'],
    ['2026-11-20', '2026-11-19T20:00:00Z'],
    ['-10m', '2026-11-23T13:50:00Z'],
    ['now', '2026-11-23T14:00:00Z'],
  ])('%s', (text, expected) => {
    expect(readMoment(text, now)).toBe(at(expected))
  })

  it.each([
    ['19:00', '2026-11-23T15:00:00Z'],
    ['9:00', '2026-11-24T05:00:00Z'],
    ['+8h', '2026-11-23T22:00:00Z'],
    ['2026-12-01 06:00', '2026-12-01T02:00:00Z'],
  ])('%s, of what lies ahead', (text, expected) => {
    expect(readMoment(text, now, true)).toBe(at(expected))
  })

  it.each(['', 'soon', '25:00', '31/02 10:00', '14:75', '13 pm'])('refuses %s', (text) => {
    expect(readMoment(text, now)).toBeNull()
  })
})
