import './base/fonts.css'
import './app/mantine.css'
import './base/look.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { directionOf, startTexts } from './base/i18n'

const language = localStorage.getItem('cctv.language') ?? 'en'
document.documentElement.lang = language
document.documentElement.dir = directionOf(language)

await startTexts(language)
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
