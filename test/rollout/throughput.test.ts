import { expect, it } from 'vitest'
import { samplesIn } from '../../src/rollout/throughput.ts'

it('samples are lines of their own form, the oldest first; whatever else stands there is none', () => {
  expect(
    samplesIn([
      'requests 5 2',
      'requests 20 1.5e-05',
      'requests 10 NaN',
      'requests 9 +Inf',
      'requests 8',
      'requests 7 1; rm -rf /',
      'curl: (7) refused',
      'errors -1 3',
    ]),
  ).toEqual({
    requests: [
      { ago: 20, perSecond: 1.5e-5 },
      { ago: 5, perSecond: 2 },
    ],
    errors: [{ ago: -1, perSecond: 3 }],
  })
})

it('errors that nobody counts are not none', () => {
  expect(samplesIn(['requests 5 2'])).toEqual({ requests: [{ ago: 5, perSecond: 2 }] })
})
