import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '@/base/time'
import { ruler } from './ticks'
import { atX, fetchRange, following, LONGEST, panned, pinched, SHORTEST, xOf, zoomed } from './view'

const T = Date.parse('2026-11-23T10:00:00Z')
const view = { from: T, span: HOUR }

describe('gestures', () => {
  it('zoom about the pointer', () => {
    for (const factor of [0.5, 0.9, 3]) {
      const next = zoomed(view, factor, 300, 1000)
      expect(atX(next, 300, 1000)).toBeCloseTo(atX(view, 300, 1000), 3)
      expect(next.span).toBe(HOUR * factor)
    }
  })
  it('stop at seconds and at two months', () => {
    expect(zoomed(view, 1e-9, 0, 1000).span).toBe(SHORTEST)
    expect(zoomed(view, 1e9, 0, 1000).span).toBe(LONGEST)
  })
  it('pan with the hand', () => {
    expect(panned(view, 100, 1000).from).toBe(T - HOUR / 10)
    expect(xOf(view, T + HOUR / 2, 1000)).toBe(500)
  })
  it('follow a running head by pages and leave it where it is in sight', () => {
    expect(following(view, T + HOUR / 2)).toBe(view)
    const paged = following(view, T + HOUR * 0.97)
    expect(paged.from).toBeGreaterThan(view.from)
    expect(paged.from).toBeLessThan(T + HOUR * 0.97)
  })
  it('ask the server for the same range while the view moves a little', () => {
    const range = fetchRange(view)
    expect(range.from).toBeLessThanOrEqual(view.from)
    expect(range.to).toBeGreaterThanOrEqual(view.from + view.span)
    expect(fetchRange({ from: T + MINUTE, span: HOUR })).toEqual(range)
  })
})

it('two fingers keep the moments under them, and zoom no further than the wheel', () => {
  const closer = pinched(view, [400, 600], [300, 900], 1000)
  for (const [before, now] of [[400, 300], [600, 900]] as const) expect(atX(closer, now, 1000)).toBeCloseTo(atX(view, before, 1000), 3)
  expect(pinched({ from: T, span: DAY }, [0, 1000], [499, 500], 1000).span).toBe(LONGEST)
  expect(pinched(view, [500, 501], [0, 1000], 1000).span).toBe(SHORTEST)
})

describe('the ruler', () => {
  it('has round steps of the site\'s clock at every zoom, neither crowded nor empty', () => {
    for (let span = SHORTEST; span < LONGEST; span *= 1.37) {
      const { major } = ruler({ from: T, span }, 1200, 'en')
      expect(major.length).toBeGreaterThan(1)
      expect(major.length).toBeLessThan(16)
    }
  })
  it('names hours and days as the site reads them', () => {
    expect(ruler({ from: T, span: 6 * HOUR }, 1200, 'en').major.map((tick) => tick.label)).toContain('16:00')
    const days = ruler({ from: T, span: 7 * DAY }, 1200, 'en').major.filter((tick) => tick.at >= T && tick.day)
    expect(days[0]?.label).toBe('Tue 24 Nov')
    expect(new Date(days[0]?.at ?? 0).toISOString()).toBe('2026-11-23T20:00:00.000Z')
  })
  it('shows seconds when zoomed in', () => {
    expect(ruler({ from: T, span: 30 * SECOND }, 1200, 'en').major[1]?.label).toMatch(/^\d\d:\d\d:\d\d$/)
  })
})
