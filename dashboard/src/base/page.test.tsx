import { act, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { beforeAll, expect, test } from 'vitest'
import { page } from './page'

beforeAll(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
})

function Hello({ name }: { name: string }) {
  return <p>{name}</p>
}

test('code that was fetched ahead is drawn without a fallback', async () => {
  const Shown = page(() => Promise.resolve(Hello))
  await Shown.ahead()
  const box = document.createElement('div')
  const root = createRoot(box)
  act(() => root.render(<Suspense fallback="waiting"><Shown name="Amal" /></Suspense>))
  expect(box.textContent).toBe('Amal')
})

test('code that could not be fetched ahead is asked for again', async () => {
  let asked = 0
  const Shown = page(() => (asked++ ? Promise.resolve(Hello) : Promise.reject(new Error('away'))))
  await Shown.ahead()
  await Shown.ahead()
  expect(asked).toBe(2)
})
