/** Code of pages that somebody is about to open, fetched at the first sign of it. The shell says what that is. */
export const ahead = {
  playback: (): void => undefined,
}
