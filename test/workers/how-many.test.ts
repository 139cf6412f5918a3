import { expect, test } from 'vitest'
import { howManyWorkers } from '../../src/workers/how-many.ts'

test.each([
  [12, 64, 0],
  [50, 64, 0],
  [99, 64, 0],
  [100, 3, 1],
  [1000, 8, 1],
  [1001, 8, 2],
  [5000, 64, 2],
  [5000, 2, 0],
  [5000, 1, 0],
])('%i hosts on %i cores: %i', (hosts, cores, expected) => {
  expect(howManyWorkers({ hosts, cores, asked: undefined })).toBe(expected)
})

test('what is asked for counts, but no worker is without a host', () => {
  expect(howManyWorkers({ hosts: 5000, cores: 2, asked: 8 })).toBe(8)
  expect(howManyWorkers({ hosts: 5000, cores: 8, asked: 0 })).toBe(0)
  expect(howManyWorkers({ hosts: 3, cores: 8, asked: 8 })).toBe(3)
})
