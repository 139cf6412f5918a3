import { describe, expect, test } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { InputError } from '../../src/errors.ts'
import type { Host } from '../../src/inventory/inventory.ts'
import { fileKind } from '../../src/resources/file.ts'
import type { Release, ReleaseState } from '../../src/resources/release/model.ts'
import { releaseKind } from '../../src/resources/release/release.ts'
import { disagreements, type Goal, rollbackNotes, rollbackTarget } from '../../src/run/rollback.ts'
import { aHost } from '../connection/host-fixture.ts'

const SUM = 'a'.repeat(64)
const release: Release = {
  name: 'shop',
  dir: '/srv/shop',
  version: '2',
  artifact: { path: 'dist/2.tar.gz', sha256: SUM },
  shared: [],
  keep: 3,
  health: { port: 3000, path: '/healthz', timeout: 20 },
}
const RESOURCES: CompiledResource[] = [
  { key: 'file:/etc/motd', role: 'app', kind: fileKind as CompiledResource['kind'], desired: {}, notify: [] },
  { key: 'release:shop', role: 'app', kind: releaseKind as CompiledResource['kind'], desired: release, notify: [] },
]
const state = (current: string, previous: string | undefined): ReleaseState => ({
  current,
  previous,
  proven: true,
  installed: ['1', '2', ...(previous === undefined ? [] : [previous])],
  sha256: SUM,
  live: current,
  migrated: false,
})

const FILE = 'inventories/test/group_vars/app.yml'
const at = (line: number) => ({ file: FILE, line, col: 1 })

const host = (name: string): Host => ({
  ...aHost(),
  name,
  tier: 'app',
  vars: { app_version: '2', app_artifact: { path: 'dist/2.tar.gz', sha256: SUM } },
  origins: new Map([
    ['/app_version', at(1)],
    ['/app_artifact/path', at(3)],
    ['/app_artifact/sha256', at(4)],
  ]),
  origin: at(1),
})

const settled = (name: string, found: ReleaseState, to?: string): Goal[] => {
  const way = rollbackTarget(host(name), to)
  way.finalise(RESOURCES, new Map([['release:shop', found]]))
  return [...way.goals()]
}

describe('a rollback', () => {
  test('touches what can go back and nothing else, and keeps its goal once it has it', () => {
    const way = rollbackTarget(host('app1'), undefined)
    expect(way.resources(RESOURCES)).toEqual([RESOURCES[1]])
    way.finalise(RESOURCES, new Map([['release:shop', state('2', '1')]]))
    for (let again = 0; again < 2; again++) {
      expect(way.resources(RESOURCES)).toMatchObject([{ key: 'release:shop', desired: { version: '1' } }])
    }
  })

  test('is refused for a host that has nothing to go back to', () => {
    expect(() => settled('app1', state('2', undefined))).toThrow(InputError)
    expect(() => settled('app1', state('2', undefined))).toThrow(/^app1: shop has no release before 2/)
    expect(() => rollbackTarget(host('app1'), undefined).finalise(RESOURCES, new Map())).toThrow(/is not known yet/)
  })

  test('takes all hosts to the same, or asks where to', () => {
    const same = [...settled('app1', state('2', '1')), ...settled('app2', state('2', '1'))]
    expect(disagreements(same)).toEqual([])
    const mixed = [...settled('app1', state('2', '1')), ...settled('app2', state('2', '0'))]
    expect(disagreements(mixed)).toEqual([
      {
        message: 'release:shop: the hosts would not go back to the same: app1 from 2 to 1, app2 from 2 to 0',
        hint: 'say where to for all of them, with --to VERSION',
      },
    ])
    const named = [...settled('app1', state('2', '1'), '1'), ...settled('app2', state('1', '0'), '1')]
    expect(disagreements(named)).toEqual([])
  })

  test('says which vars would bring the other version back, and where they are', () => {
    const goals = [...settled('app1', state('2', '1')), ...settled('app2', state('2', '1'))]
    expect(rollbackNotes(goals)).toEqual([
      `the inventory declares release:shop 2 (${FILE}:1, ${FILE}:3, ${FILE}:4): the next plain run brings it back; to stay on 1, set app_version and app_artifact first`,
    ])
    expect(rollbackNotes(settled('app1', state('1', '2')))).toEqual([])
  })
})
