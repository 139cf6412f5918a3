import { expect, test } from 'vitest'
import type { Host, Vars } from '../../../../src/inventory/inventory.ts'
import { switchNotes } from '../../../../src/products/mysql/switchover/notes.ts'
import { aHost } from '../../../connection/host-fixture.ts'

const host = (name: string, tier: string, address: string, vars: Vars = {}): Host => ({
  ...aHost({}, address),
  name,
  tier,
  vars,
  origins: new Map([['/app_env/DB_HOST', { file: 'inventories/prod/group_vars/app.yml', line: 7, col: 3 }]]),
})
const PLAN = { candidate: 'db2', old: 'db1', lost: false, followers: ['db1'] }
const dbs = [host('db1', 'db', '192.0.2.51'), host('db2', 'db', '192.0.2.52')]

test.each(['192.0.2.51', '192.0.2.51:3306', 'db1'])(
  'names the vars of other tiers that are the old primary: %s',
  (value) => {
    const apps = ['app1', 'app2'].map((name) => host(name, 'app', '192.0.2.1', { app_env: { DB_HOST: value } }))
    expect(switchNotes(PLAN, 'db', [...dbs, ...apps])[0]).toBe(
      'app_env (inventories/prod/group_vars/app.yml:7) still names db1: change to 192.0.2.52 (db2) and run provision --limit app',
    )
  },
)

test('leaves alone what names all servers or reads, and says nothing where nothing was moved', () => {
  const app = host('app1', 'app', '192.0.2.1', {
    app_env: { DB_HOSTS: '192.0.2.51,192.0.2.52', DB_READ_HOST: '192.0.2.51' },
  })
  expect(switchNotes(PLAN, 'db', [...dbs, app])).toEqual([expect.stringContaining('mysql_role: primary')])
  expect(switchNotes({ ...PLAN, old: undefined }, 'db', [...dbs, app])).toEqual([])
})
