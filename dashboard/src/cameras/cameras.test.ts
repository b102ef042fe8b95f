import { describe, expect, it } from 'vitest'
import type { Camera } from './api'
import { choose, touched, wayBack } from './bulk'
import { shareOf, shareText, wordOf } from './day'
import { draftOf, patchOf, rebased } from './draft'
import { arrange, fold, type Wish } from './list'
import { hear, withNews } from './news'
import { isTrouble, rankOf, summaryOf, toneOf } from './states'
import { readWish, writeWish } from './wish'

function camera(name: string, part: Partial<Omit<Camera, 'status'>> & { state?: Camera['status']['state']; fresh?: boolean } = {}): Camera {
  const { state = 'online', fresh = true, ...rest } = part
  return {
    id: name, name, name_ar: '', agency: 'METRO', group_id: null, place: { lat: 25.2, lon: 55.3, text: '' }, main: { url: 'rtsp://10.0.0.1/1', transport: 'tcp' }, sub: null,
    has_credentials: true, mode: 'continuous', audio: 'keep', enabled: true, recorded: true, created_at: '', updated_at: '', removed_at: null, version: 3,
    status: { state, cause: null, fault: null, reason: '', reason_ar: '', since: '', fresh, reported_at: null, reporter: null, next_try_at: null, stream: null },
    ...rest,
  }
}

const wish = (part: Partial<Wish> = {}): Wish => ({ search: '', agency: null, state: null, sort: 'state', descending: false, ...part })
const names = (list: Camera[]) => list.map((one) => one.name)

describe('the list', () => {
  it('puts trouble first, and what nobody reports any more before what is known to be well', () => {
    const list = [camera('well'), camera('off', { state: 'off' }), camera('password', { state: 'auth_failed' }), camera('silent', { fresh: false }), camera('dark', { state: 'no_video' })]
    expect(names(arrange(list, wish()))).toEqual(['password', 'dark', 'off', 'silent', 'well'])
  })

  it('finds every word anywhere, in Latin without accents and in Arabic without its small signs', () => {
    const list = [camera('Gate 4', { name_ar: 'بوابة الرِّقة', place: { lat: null, lon: null, text: 'Deira' } }), camera('Café exit')]
    expect(names(arrange(list, wish({ search: 'deira 4' })))).toEqual(['Gate 4'])
    expect(names(arrange(list, wish({ search: 'الرقه' })))).toEqual(['Gate 4'])
    expect(names(arrange(list, wish({ search: 'cafe' })))).toEqual(['Café exit'])
    expect(fold('إدارة')).toBe(fold('اداره'))
  })

  it('sorts numbers in names as numbers', () => {
    expect(names(arrange([camera('Exit 10'), camera('Exit 9')], wish({ sort: 'name' })))).toEqual(['Exit 9', 'Exit 10'])
  })

  it('filters by agency and state', () => {
    const list = [camera('a', { agency: 'BUS' }), camera('b', { state: 'off' }), camera('c')]
    expect(names(arrange(list, wish({ agency: 'METRO', state: 'online' })))).toEqual(['c'])
  })

  it('is in the address and back', () => {
    const full = wish({ search: 'gate 4', agency: 'BUS', state: 'no_video', sort: 'name', descending: true })
    expect(readWish(writeWish(full).slice(1))).toEqual(full)
    expect(writeWish(wish())).toBe('')
    expect(readWish('sort=evil&state=evil')).toEqual(wish())
    expect(readWish('sort=share')).toEqual(wish())
  })

  it('arranges 500 cameras in a blink', () => {
    const list = Array.from({ length: 500 }, (_, index) => camera(`Camera ${index}`))
    expect(arrange(list, wish({ search: 'camera 49' }))).toHaveLength(15)
  })
})

describe('all in one word', () => {
  it('is well only when none is off', () => {
    const word = (...list: Camera[]) => summaryOf(list.map((one) => one.status)).word
    expect(word(camera('a'), camera('b'))).toBe('allWell')
    expect(word(camera('a'), camera('b', { state: 'off', fresh: false }))).toBe('someOff')
    expect(word(camera('b', { state: 'off' }))).toBe('allOff')
    expect(word(camera('a', { fresh: false }), camera('b', { state: 'off' }))).toBe('troubled')
  })
})

describe('video that does not get to the disk', () => {
  it('is a trouble, and the first of all, though the camera is online', () => {
    const well = camera('a').status
    const lost = { ...well, cause: 'disk' as const, fault: 'disk_failing' as const }
    expect([isTrouble(well), isTrouble(lost)]).toEqual([false, true])
    expect([toneOf(well), toneOf(lost)]).toEqual(['good', 'bad'])
    expect(rankOf(lost)).toBeLessThan(rankOf(camera('b', { state: 'auth_failed' }).status))
  })
})

describe('the share of a day', () => {
  const day = { from: 0, to: 1000, oldest: 0, newest: 1000 }
  it('counts planned time only', () => {
    expect(shareOf({ ...day, spans: [{ from: 500, to: 900 }], gaps: [{ from: 900, to: 1000, cause: 'network' }] })).toBe(0.8)
  })
  it('is nothing, not zero, where nothing was planned', () => {
    expect(shareOf({ ...day, spans: [], gaps: [] })).toBeNull()
    expect(shareOf(undefined)).toBeNull()
  })
  it('is not known while nobody has told it, which is not the same', () => {
    expect(wordOf(undefined)).toBe('notKnown')
    expect(wordOf({ ...day, spans: [], gaps: [] })).toBe('notRecorded')
    expect(wordOf({ ...day, spans: [{ from: 0, to: 1000 }], gaps: [] })).toEqual({ share: 1 })
  })
  it('never rounds a loss away', () => {
    expect(shareText(0.99999)).toBe('99.9')
    expect(shareText(1)).toBe('100')
  })
})

describe('a change in the form', () => {
  it('sends what differs and the version that was seen', () => {
    const before = camera('Gate 4')
    expect(patchOf({ ...draftOf(before, ''), name: ' Gate 5 ' }, before)).toEqual({ name: 'Gate 5', version: 3 })
  })
  it('drops the sub stream, forgets or replaces the sign-in only when asked', () => {
    const before = camera('Gate 4', { sub: { url: 'rtsp://10.0.0.1/2', transport: 'udp' } })
    expect(patchOf({ ...draftOf(before, ''), subUrl: '' }, before)).toEqual({ sub: null, version: 3 })
    expect(patchOf({ ...draftOf(before, ''), forget: true }, before)).toEqual({ credentials: null, version: 3 })
    expect(patchOf({ ...draftOf(before, ''), user: 'u', password: 'p' }, before)).toEqual({ credentials: { username: 'u', password: 'p' }, version: 3 })
  })
})

describe('a form whose camera somebody else changes', () => {
  it('keeps what was typed and takes the rest from them', () => {
    const before = draftOf(camera('Gate 4', { name_ar: 'قديم' }), '')
    const after = draftOf(camera('Gate 5', { name_ar: 'جديد' }), '')
    expect(rebased({ ...before, name: 'Gate 6', password: 'p' }, before, after)).toEqual({ draft: { ...after, name: 'Gate 6', password: 'p' }, touched: true })
    expect(rebased(before, before, after)).toEqual({ draft: after, touched: false })
  })
})

describe('news of a camera', () => {
  it('wins over an answer that was asked for before it, and over no later one', () => {
    const before = camera('told')
    const told = camera('told', { state: 'no_video' }).status
    hear('told', told, 100)
    expect(withNews([before], 90)[0]?.status.state).toBe('no_video')
    expect(withNews([before], 110)[0]?.status.state).toBe('online')
  })
})

describe('one act on many cameras', () => {
  it('touches only those that it changes, and knows the way back', () => {
    const on = camera('on')
    const off = camera('off', { enabled: false })
    expect(touched([on, off], { kind: 'change', change: { enabled: false } })).toEqual([on])
    expect(touched([on, off], { kind: 'remove' })).toHaveLength(2)
    expect(wayBack(camera('group', { group_id: null, agency: 'BUS' }), { group_id: 'g', agency: 'METRO' })).toEqual({ group_id: null, agency: 'BUS' })
  })

  it('is for one more or one less, and with Shift for all from the last one', () => {
    const shown = ['a', 'b', 'c', 'd']
    expect([...choose(new Set(), shown, 'b', null, false)]).toEqual(['b'])
    expect([...choose(new Set(['b']), shown, 'b', 'b', false)]).toEqual([])
    expect([...choose(new Set(['b']), shown, 'd', 'b', true)]).toEqual(['b', 'c', 'd'])
    expect([...choose(new Set(['d']), shown, 'a', 'd', true)].sort()).toEqual(shown)
    expect([...choose(new Set(), shown, 'c', 'gone', true)]).toEqual(['c'])
  })
})
