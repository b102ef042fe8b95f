/** What people call a codec, from what programs call it. */
export function codecName(codec: string): string {
  if (/^(hvc1|hev1|h265)/i.test(codec)) return 'H.265'
  if (/^(mp4v|mjp|jpeg)/i.test(codec)) return 'MJPEG'
  if (/^(avc|h264)/i.test(codec)) return 'H.264'
  return codec
}
