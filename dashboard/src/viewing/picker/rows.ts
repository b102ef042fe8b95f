/** The list beside the video as rows: cameras under their agency, agencies that can be folded. */
import type { Camera } from '@/cameras'

export type PickerRow = { kind: 'agency'; agency: string; count: number; open: boolean } | { kind: 'camera'; camera: Camera }

/** Cameras come in their order; a search opens every agency, because it looks for cameras. */
export function rowsOf(cameras: readonly Camera[], folded: ReadonlySet<string>, searching: boolean): PickerRow[] {
  const groups = new Map<string, Camera[]>()
  for (const camera of cameras) {
    const group = groups.get(camera.agency)
    if (group) group.push(camera)
    else groups.set(camera.agency, [camera])
  }
  return [...groups.entries()].sort(([a], [b]) => a.localeCompare(b, 'en')).flatMap(([agency, members]): PickerRow[] => {
    const open = searching || !folded.has(agency)
    return [{ kind: 'agency', agency, count: members.length, open }, ...(open ? members.map((camera) => ({ kind: 'camera' as const, camera })) : [])]
  })
}
