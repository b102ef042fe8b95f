/** The picture on the screen as a file, as it was decoded: nothing is drawn into it, its name says what it is. */
import { clockText, dateText, zoneOffset } from '@/base/time'

export function pictureName(camera: string, moment: number): string {
  const offset = Math.round(zoneOffset(moment) / 60_000)
  const sign = offset < 0 ? '-' : '+'
  const zone = `${sign}${String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')}${String(Math.abs(offset) % 60).padStart(2, '0')}`
  const name = camera.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
  return `${name}_${dateText(moment)}_${clockText(moment, true).replace(/:/g, '-')}${zone}.png`
}

/** Saves what an element shows under camera and moment; the file's name, or null where there is no picture yet. */
export async function savePictureOf(video: HTMLVideoElement | null | undefined, camera: string, moment: number): Promise<string | null> {
  if (!video || !Number.isFinite(moment)) return null
  const name = pictureName(camera, moment)
  return (await savePicture(video, name)) ? name : null
}

async function savePicture(video: HTMLVideoElement, name: string): Promise<boolean> {
  if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return false
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d')?.drawImage(video, 0, 0)
  const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (!picture) return false
  const url = URL.createObjectURL(picture)
  saveAs(url, name)
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  return true
}

export function saveAs(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
}
