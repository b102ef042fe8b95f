/** Texts: one folder a language, one file a room. English is there at once; others are fetched when chosen. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import access from './en/access.json'
import administration from './en/administration.json'
import app from './en/app.json'
import cameras from './en/cameras.json'
import faults from './en/faults.json'
import live from './en/live.json'
import playback from './en/playback.json'
import viewing from './en/viewing.json'

export const english = { access, administration, app, cameras, faults, live, playback, viewing }

const others = import.meta.glob<{ default: Record<string, unknown> }>(['./*/*.json', '!./en/*.json'])
const RIGHT_TO_LEFT = new Set(['ar'])

export function directionOf(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}

export async function startTexts(language = 'en'): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: english },
    defaultNS: 'app',
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  if (language !== 'en') await speak(language)
}

export async function speak(language: string): Promise<void> {
  const files = Object.entries(others).filter(([path]) => path.startsWith(`./${language}/`))
  for (const [path, load] of files) {
    const room = path.replace(/^.*\/|\.json$/g, '')
    i18next.addResourceBundle(language, room, (await load()).default, true, true)
  }
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
  document.documentElement.dir = directionOf(language)
}
