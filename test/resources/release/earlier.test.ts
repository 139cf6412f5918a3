import { describe, expect, test } from 'vitest'
import { previous } from '../../../src/resources/release/earlier.ts'
import type { Release, ReleaseState } from '../../../src/resources/release/model.ts'

const DECLARED: Release = {
  name: 'shop',
  dir: '/srv/shop',
  version: '2',
  artifact: { path: 'dist/shop-2.tar.gz', sha256: 'a'.repeat(64) },
  shared: ['data'],
  keep: 3,
  health: { port: 3000, path: '/healthz', timeout: 20 },
  migrate: 'shop-migrate@',
}
const state = (
  current: string | undefined,
  previous: string | undefined,
  installed: readonly string[],
): ReleaseState => ({
  current,
  previous,
  proven: true,
  installed,
  sha256: undefined,
  live: current,
  migrated: true,
})

describe('the way back of a release', () => {
  test('is the last one that served, with nothing sent and nothing migrated', () => {
    expect(previous(DECLARED, state('2', '1', ['1', '2']), undefined)).toEqual({
      desired: { ...DECLARED, version: '1', artifact: undefined, migrate: undefined },
      from: '2',
      to: '1',
      declared: '2',
      sources: ['2', 'dist/shop-2.tar.gz', 'a'.repeat(64)],
    })
  })

  test('is taken back by the next call', () => {
    expect(previous(DECLARED, state('1', '2', ['1', '2']), undefined)).toMatchObject({ from: '1', to: '2' })
  })

  test('is any that is there, when it is named; also the present one, for hosts that never left it', () => {
    expect(previous(DECLARED, state('2', '1', ['0', '1', '2']), '0')).toMatchObject({ from: '2', to: '0' })
    expect(previous(DECLARED, state('1', '0', ['0', '1']), '1')).toMatchObject({ from: '1', to: '1' })
  })

  test.each<[string, ReleaseState | 'absent', string | undefined, string]>([
    ['nothing is there', 'absent', undefined, 'there is no release of shop on it'],
    ['it is the first', state('2', undefined, ['2']), undefined, 'shop has no release before 2 that ever served'],
    ['the named one is gone', state('2', '1', ['1', '2']), '0', 'release 0 of shop is not on it: 1, 2'],
    [
      'the declared one never got there, or was put back',
      state('1', '0', ['0', '1', '2']),
      undefined,
      'shop runs 1 and not the declared 2: there is nothing to take back',
    ],
  ])('is refused where %s', (_, actual, to, refused) => {
    expect(previous(DECLARED, actual, to)).toMatchObject({ refused })
  })
})
