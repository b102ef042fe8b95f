/** A day and time for people to read, in the site's words and not to the second. */
import { site } from '@/base/site'

export function moment(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: site.timeZone }).format(new Date(iso))
}
