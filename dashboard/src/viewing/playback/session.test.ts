import { expect, it, vi } from 'vitest'
import { serverNow } from '@/base/server_clock'
import { PlaybackSession } from './session'

const told: string[] = []

vi.mock('./camera_player', () => ({
  CameraPlayer: class {
    status = { get: () => ({ state: 'ready' }) }
    waiting = false
    shown = Number.NaN
    constructor(readonly camera: string) {}
    rest = (): void => void told.push(`${this.camera} rests`)
    follow = ({ running }: { running: boolean }): void => void told.push(`${this.camera} ${running ? 'runs' : 'stands'}`)
    end = (): void => undefined
  },
}))

function session(may: (camera: string) => boolean, cameras: string[]) {
  const made = new PlaybackSession(serverNow() - 60_000, null as never)
  made.mayLive = may
  const video = document.createElement('video')
  for (const camera of cameras) made.attach(camera, video, video, document.createElement('canvas'))
  return made
}

it('cameras that may not be seen live go on where their footage grows', () => {
  const alone = session(() => false, ['a'])
  alone.goLive()
  expect(alone.live.get()).toBe(false)
  expect(alone.clock.playing).toBe(true)
  expect(Math.abs(serverNow() - alone.clock.moment() - 20_000)).toBeLessThan(1000)

  const made = session((camera) => camera === 'a', ['a', 'b'])
  told.length = 0
  made.goLive()
  expect(made.live.get()).toBe(true)
  expect(told).toEqual(['a rests', 'b runs'])

  made.mayLive = () => false
  made.goLive()
  expect(made.live.get()).toBe(false)
})
