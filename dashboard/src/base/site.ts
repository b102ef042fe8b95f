/** What belongs to the installation and not to a person: the zone in which all clocks of the dashboard run. */
export const site = { timeZone: told() ?? 'Asia/Dubai' }

/** go-api writes it into the page that it serves; there is no page in unit tests. */
function told(): string | undefined {
  return typeof document === 'undefined' ? undefined : document.querySelector<HTMLMetaElement>('meta[name="time-zone"]')?.content
}
