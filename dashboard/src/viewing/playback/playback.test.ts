import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '@/base/time'
import { playbackAddress, readPlace } from './address'
import { holding } from './download'
import { arrowRead, columnsOf, tileBeside } from './grid'
import { momentOfMedia, placeOf } from './mapping'
import { MasterClock } from './master'
import { withGrant } from './media_grant'
import { daySpan, daysIn, monthAfter, monthSpan, placesBefore, recordedDays } from './month'
import { correct } from './servo'
import { pictureName, savePictureOf } from '../tile/snapshot'
import { backward, faster, forward, slower, speedText } from './speeds'
import { chooseWindow, serves } from './window'

const T = Date.parse('2026-11-23T10:00:00Z')

/** Three fragments, a gap of 10 s, two fragments: media time is compressed. */
const PIECES = [
  { start: 0, duration: 2, programDateTime: T },
  { start: 2, duration: 2, programDateTime: T + 2000 },
  { start: 4, duration: 2, programDateTime: T + 4000 },
  { start: 6, duration: 2, programDateTime: T + 16_000 },
  { start: 8, duration: 2, programDateTime: T + 18_000 },
]

describe('wall clock and media time', () => {
  it('agree inside fragments, before a gap and after it', () => {
    for (const [moment, time] of [[T, 0], [T + 3500, 3.5], [T + 16_500, 6.5], [T + 19_900, 9.9]] as const) {
      expect(placeOf(PIECES, moment)).toEqual({ kind: 'media', time })
      expect(momentOfMedia(PIECES, time)).toBe(moment)
    }
  })

  it('know a gap and what comes after it', () => {
    expect(placeOf(PIECES, T + 6000)).toEqual({ kind: 'gap', next: T + 16_000 })
    expect(placeOf(PIECES, T + 15_999)).toEqual({ kind: 'gap', next: T + 16_000 })
  })

  it('know what lies before, after, and that there is nothing', () => {
    expect(placeOf(PIECES, T - 1)).toEqual({ kind: 'before', next: T })
    expect(placeOf(PIECES, T + 20_000)).toEqual({ kind: 'after', end: T + 20_000 })
    expect(placeOf([], T)).toEqual({ kind: 'nothing' })
  })

  it('take the hair of rounding between two fragments for a join', () => {
    const pieces = [{ start: 0, duration: 1.99, programDateTime: T }, { start: 1.99, duration: 2, programDateTime: T + 2000 }]
    expect(placeOf(pieces, T + 1995)).toEqual({ kind: 'media', time: 1.99 })
  })

  it('give a frame at the border to the fragment that it begins', () => {
    expect(momentOfMedia(PIECES, 5.9999)).toBe(T + 16_000)
    expect(momentOfMedia([], 3)).toBeNaN()
  })
})

describe('windows', () => {
  const now = T + 30_000
  it('are closed and on half hours in the past, so that players ask for the same ones', () => {
    const window = chooseWindow(T - 5 * HOUR + 7 * MINUTE, now)
    expect(window).toEqual({ from: T - 5.5 * HOUR, to: T - 3.5 * HOUR, growing: false })
    expect(serves(window, T - 3.5 * HOUR - 30_000)).toBe(true)
    expect(serves(window, T - 3.5 * HOUR - 10_000)).toBe(false)
    expect(serves(window, T - 5.5 * HOUR - 1)).toBe(false)
  })
  it('grow near the present', () => {
    const window = chooseWindow(now - 5000, now)
    expect(window.growing).toBe(true)
    expect(window.to).toBeGreaterThan(now)
    expect(serves(window, now)).toBe(true)
  })
  it('never end in what may still be open, and always serve the head they were chosen for', () => {
    for (let back = 0; back < 6 * HOUR; back += 17_000) {
      const window = chooseWindow(now - back, now)
      expect(serves(window, now - back)).toBe(true)
      if (!window.growing) expect(window.to).toBeLessThanOrEqual(now - 3 * MINUTE)
    }
  })
})

describe('the master clock', () => {
  it('runs at its speed, stands when held, and keeps its moment through changes', () => {
    let steady = 0
    const clock = new MasterClock(1000, () => steady)
    clock.play()
    steady = 100
    expect(clock.moment()).toBe(1100)
    clock.setRate(4)
    steady = 200
    expect(clock.moment()).toBe(1500)
    clock.hold(true)
    steady = 900
    expect(clock.moment()).toBe(1500)
    clock.hold(false)
    clock.setRate(-2)
    steady = 1000
    expect(clock.moment()).toBe(1300)
    clock.pause()
    clock.seek(5000)
    steady = 2000
    expect(clock.moment()).toBe(5000)
  })

  it('stands on whole milliseconds, so that an address says exactly where', () => {
    let steady = 0
    const clock = new MasterClock(1000, () => steady)
    clock.seek(2000.6)
    expect(clock.moment()).toBe(2001)
    clock.play()
    steady = 10.3
    clock.pause()
    expect(clock.moment()).toBe(2011)
    const at = Date.parse('2026-11-23T10:00:00.537Z')
    expect(readPlace(playbackAddress({ cameras: ['a'], at, span: null }).split('?')[1] ?? '').at).toBe(at)
    expect(readPlace('cameras=a&at=now').at).toBe('now')
  })
})

describe('the servo', () => {
  it('leaves a small error alone, corrects a larger one, jumps when far off', () => {
    expect(correct(0.01, 1)).toEqual({ kind: 'rate', rate: 1 })
    expect(correct(0.1, 1)).toEqual({ kind: 'rate', rate: 0.9 })
    expect(correct(-0.5, 1)).toEqual({ kind: 'rate', rate: 1.25 })
    expect(correct(2, 1)).toEqual({ kind: 'jump' })
  })
  it('never asks for more than Chromium allows', () => {
    const step = correct(-4, 16)
    expect(step).toEqual({ kind: 'rate', rate: 16 })
  })
})

describe('speeds', () => {
  it('double, halve and turn round', () => {
    expect([faster(1), faster(16), faster(256), slower(1), slower(0.25)]).toEqual([2, 32, 256, 0.5, 0.25])
    expect([backward(1), backward(-1), backward(-256)]).toEqual([-1, -2, -256])
    expect([forward(1, false), forward(1, true), forward(0.25, true), forward(-8, true)]).toEqual([1, 2, 2, 1])
    expect([speedText(0.25), speedText(-4)]).toEqual(['¼×', '−4×'])
  })
})

it('a month has the days of the site, and those with footage are known', () => {
  const november = { year: 2026, month: 11 }
  expect([daysIn(november), placesBefore(november), daysIn({ year: 2028, month: 2 })]).toEqual([30, 6, 29])
  expect(new Date(daySpan(november, 23).from).toISOString()).toBe('2026-11-22T20:00:00.000Z')
  expect(monthAfter({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 })
  expect(daySpan({ year: 2026, month: 12 }, 31).to).toBe(monthSpan({ year: 2027, month: 1 }).from)
  const midnight = daySpan(november, 24).from
  expect([...recordedDays(november, [{ from: midnight - 1000, to: midnight + 1000 }, { from: midnight + 5000, to: midnight + 6000 }])]).toEqual([23, 24])
})

it('what a marked range holds is known before it is downloaded', () => {
  const spans = [{ from: T - HOUR, to: T + 1000 }, { from: T + 5000, to: T + 9000 }]
  const held = (from: number, to: number) => holding(spans, { from: T + from, to: T + to })
  expect([held(-9000, 800), held(0, 7000), held(2000, 4000), held(0, 13 * HOUR)]).toEqual([{ kind: 'whole' }, { kind: 'part', ms: 3000 }, { kind: 'nothing' }, { kind: 'long' }])
})

describe('the tiles', () => {
  it('lie in as many columns as make the pictures largest', () => {
    const wide = { width: 1626, height: 842 }
    expect([1, 2, 3, 4, 5, 6, 7, 9].map((tiles) => columnsOf(tiles, wide))).toEqual([1, 2, 2, 2, 3, 3, 3, 3])
    expect([2, 3, 9].map((tiles) => columnsOf(tiles, { width: 976, height: 642 }))).toEqual([1, 2, 3])
  })
  it('are reached by the arrow that points there, in either direction of reading', () => {
    expect(['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp'].map((key) => tileBeside(7, 3, 4, key))).toEqual([5, 3, 4, 1])
    expect([tileBeside(7, 3, 3, 'ArrowDown'), tileBeside(4, 2, 0, 'ArrowLeft'), tileBeside(1, 1, 0, 'ArrowUp')]).toEqual([6, 3, 0])
    expect(['ArrowRight', 'ArrowLeft', 'ArrowUp'].map((key) => arrowRead(key, true))).toEqual(['ArrowLeft', 'ArrowRight', 'ArrowUp'])
  })
})

describe('addresses', () => {
  it('say where one is and lead back there', () => {
    const place = { cameras: ['a', 'b'], at: T + 1230, span: HOUR }
    expect(readPlace(playbackAddress(place).split('?')[1] ?? '')).toEqual(place)
  })
  it('survive nonsense', () => {
    expect(readPlace('at=never&span=-1&cameras=a,,a')).toEqual({ cameras: ['a'], at: null, span: null })
    expect(readPlace(`cameras=${Array.from({ length: 20 }, (_, index) => index).join()}`).cameras).toHaveLength(9)
  })
  it('of media take the new grant in the place of the old one', () => {
    expect(withGrant('http://h:1/media/CAM/OLD/default/METRO/CAM/2026/x.mp4?a=1', 'NEW')).toBe('http://h:1/media/CAM/NEW/default/METRO/CAM/2026/x.mp4?a=1')
  })
})

it('a saved picture is named by camera, moment and zone', () => {
  expect(pictureName('Gate 4 / بوابة', T + 120)).toBe('Gate-4-بوابة_2026-11-23_14-00-00.120+0400.png')
})

it('a picture without a moment is none to save', async () => {
  expect(await savePictureOf(document.createElement('video'), 'Gate 4', Number.NaN)).toBeNull()
  expect(await savePictureOf(null, 'Gate 4', T)).toBeNull()
})
