import { expect, it } from 'vitest'
import { KeyFramePlayer } from './key_frames'

const T = Date.parse('2026-11-23T10:00:00Z')

it('a key frame is the picture for its GOP, the shorter the faster it is played', () => {
  const fragments = [{ start: 0, duration: 2, programDateTime: T }, { start: 2, duration: 4, programDateTime: T + 2000 }]
  const player = { latestLevelDetails: { fragments }, attachMedia: () => undefined, loadMediaAt: () => undefined }
  const keys = new KeyFramePlayer({ createIFramePlayer: () => player } as never, document.createElement('video'))
  expect(keys.lastsMs(-1)).toBe(0)
  keys.follow(T + 3000, 0)
  expect([keys.lastsMs(-1), keys.lastsMs(-8), keys.lastsMs(32)]).toEqual([4000, 500, 125])
  keys.follow(T + 1000, 1000)
  expect(keys.lastsMs(-1)).toBe(2000)
})
