import { expect, it } from 'vitest'
import { rowFrom } from './rows'

const ids = ['a', 'b', 'c', 'd']

it('goes on from the chosen row, from the last one when none is chosen, and at first from the end', () => {
  expect(rowFrom(ids, 'b', 'd', 1)).toBe('c')
  expect(rowFrom(ids, null, 'c', 1)).toBe('d')
  expect(rowFrom(ids, null, 'c', -1)).toBe('b')
  expect(rowFrom(ids, 'new', 'c', 1)).toBe('d')
  expect(rowFrom(ids, null, null, 1)).toBe('a')
  expect(rowFrom(ids, null, 'gone', -1)).toBe('d')
  expect(rowFrom(ids, 'd', null, 15)).toBe('d')
  expect(rowFrom([], null, null, 1)).toBeUndefined()
})
