/** The name in the reader's language first, the other one beside it. */
export function nameIn(camera: { name: string; name_ar?: string | undefined }, language: string): string {
  return language === 'ar' && camera.name_ar ? camera.name_ar : camera.name
}

export function otherName(camera: { name: string; name_ar?: string | undefined }, language: string): string {
  return language === 'ar' && camera.name_ar ? camera.name : (camera.name_ar ?? '')
}
