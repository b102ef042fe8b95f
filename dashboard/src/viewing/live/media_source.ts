/** The browser's way to play what we append: MediaSource, or ManagedMediaSource where that is all there is. */
export type AnyMediaSource = MediaSource

export function mediaSourceClass(): typeof MediaSource | null {
  const all = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource }
  return all.MediaSource ?? all.ManagedMediaSource ?? null
}
