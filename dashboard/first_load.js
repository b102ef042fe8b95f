// What a browser fetches to show a page for the first time, compressed, measured on the built files: the entry, what
// it imports, the page's own part, its styles, and the Latin letters. Exit code 1 when a page needs more than the limit.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMIT = 400_000
const PAGES = ['src/viewing/live/index.ts', 'src/viewing/playback/index.ts', 'src/cameras/CamerasPage.tsx']
const built = new URL('../src/cctv/services/dashboard/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', built), 'utf8'))

const chunkOf = (source) => {
  const chunk = manifest[source]
  if (!chunk) throw new Error(`the build has no ${source}`)
  return chunk
}

function filesOf(source, files = new Set()) {
  const chunk = chunkOf(source)
  if (files.has(chunk.file)) return files
  files.add(chunk.file)
  for (const style of chunk.css ?? []) files.add(style)
  for (const one of chunk.imports ?? []) filesOf(one, files)
  return files
}

const letters = Object.values(manifest).map((chunk) => chunk.file).filter((file) => /latin-\d+-normal.*woff2$/.test(file))
const bytesOf = (file) => {
  const content = readFileSync(new URL(file, built))
  return file.endsWith('.woff2') ? content.length : gzipSync(content).length
}

let worst = 0
for (const page of PAGES) {
  const files = new Set(['index.html', ...filesOf('index.html'), ...filesOf(page), ...letters])
  const bytes = [...files].reduce((sum, file) => sum + bytesOf(file), 0)
  worst = Math.max(worst, bytes)
  console.log(`${page}: ${bytes} bytes in ${files.size} files`)
}
if (worst > LIMIT) console.log(`more than ${LIMIT} bytes`)
process.exit(worst > LIMIT ? 1 : 0)
