/** The few pictograms that we use, 20 × 20, drawn with the text's colour. */
import type { SVGProps } from 'react'

const PATHS = {
  cameras: 'M3 6.500h9.500a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-5a1 1 0 0 1 1-1Zm10.500 2.500 4.500-2.500v7l-4.500-2.500',
  user: 'M10 3.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM4 16.500c.6-3.200 2.900-4.500 6-4.500s5.400 1.300 6 4.500',
  users: 'M7.500 5a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5ZM2.500 15.500c.5-2.700 2.400-3.500 5-3.500s4.500.8 5 3.500M13 5.500a2 2 0 1 1 0 4m1 2.500c2 .2 3.200 1.200 3.500 3.500',
  audit: 'M5 3h7l3.500 3.500V17H5V3Zm6.500 0v4h4M7.500 10.500h5m-5 3h5',
  live: 'M3 4h6v5H3V4Zm8 0h6v5h-6V4Zm-8 7h6v5H3v-5Zm8 0h6v5h-6v-5Z',
  replay: 'M4 10a6 6 0 1 0 2-4.500M4 3.500V7h3.500M10 7.500V10l2 1.500',
  playback: 'M10 3a7 7 0 1 0 7 7M10 3a7 7 0 0 1 6.300 4M16.700 3.500V7h-3.500M8.500 7.500v5l4-2.500-4-2.500Z',
  play: 'M6 4v12l10-6L6 4Z',
  pause: 'M6 4h2.500v12H6V4Zm5.500 0H14v12h-2.500V4Z',
  stepForward: 'M5 5v10l6.500-5L5 5Zm8 0h2v10h-2V5Z',
  stepBack: 'M15 5v10l-6.500-5L15 5ZM7 5H5v10h2V5Z',
  faster: 'M3.500 5v10l6-5-6-5Zm7 0v10l6-5-6-5Z',
  backward: 'M16.500 5v10l-6-5 6-5Zm-7 0v10l-6-5 6-5Z',
  now: 'M4 5v10l7-5-7-5Zm9.500 2.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5Z',
  camera: 'M3 7h3l1.500-2h5L14 7h3v9H3V7Zm7 2a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5Z',
  download: 'M10 3v9m-4-3.500 4 4 4-4M4 16.500h12',
  upload: 'M10 13V4M6 7.500l4-4 4 4M4 16.500h12',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4Zm4 9 4 4',
  plus: 'M10 4v12M4 10h12',
  close: 'm5 5 10 10M15 5 5 15',
  trash: 'M4 6h12M8 6V4h4v2m-6 0 .7 10.500h6.600L14 6M8.500 9v5m3-5v5',
  probe: 'M10 10.500a.8.8 0 1 0 0-1.600.8.8 0 0 0 0 1.600ZM6.800 13a4.500 4.500 0 0 1 0-6.400m6.400 0a4.500 4.500 0 0 1 0 6.400M4.300 15.500a8 8 0 0 1 0-11.400m11.400 0a8 8 0 0 1 0 11.400',
  keyboard: 'M3 5.500h14v9H3v-9Zm2.500 3h.01M8.500 8.500h.01m2.990 0h.01m2.990 0h.01M5.500 11.800h.01m8.990 0h.01M8 11.800h4',
  full: 'M4 8V4h4m4 0h4v4m0 4v4h-4m-4 0H4v-4',
  panel: 'M3 4.500h14v11H3v-11Zm9.500 0v11',
  range: 'M5 4v12M15 4v12M5 10h10M7.500 7.500 5 10l2.500 2.500m5-5L15 10l-2.500 2.500',
  warning: 'M10 4 2.500 16.500h15L10 4Zm0 5v3.500m0 1.900v.1',
  edit: 'M4 16h3l8.500-8.500-3-3L4 13v3Z',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 3v4l2.800 1.800',
  sound: 'M3 8v4h3l4 3V5L6 8H3Zm10 0a3 3 0 0 1 0 4m2-6.500a6.200 6.200 0 0 1 0 9',
  mute: 'M3 8v4h3l4 3V5L6 8H3Zm10 .2 4 3.800m0-3.800-4 3.800',
  check: 'm4 10.500 4 4 8-9',
  undo: 'M7 4 3.500 7.500 7 11M4 7.500h7.500a4.500 4.500 0 0 1 0 9H7',
} as const

export type IconName = keyof typeof PATHS

const SOLID = new Set<IconName>(['play', 'pause', 'stepForward', 'stepBack', 'faster', 'backward'])

export function Icon({ name, size = 18, ...rest }: { name: IconName; size?: number } & Omit<SVGProps<SVGSVGElement>, 'name'>) {
  const solid = SOLID.has(name)
  return (
    <svg
      viewBox="0 0 20 20" width={size} height={size} aria-hidden focusable={false}
      fill={solid ? 'currentColor' : 'none'} stroke={solid ? 'none' : 'currentColor'} strokeWidth={1.5} strokeLinecap="round" strokeLinejoin="round"
      {...rest}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
