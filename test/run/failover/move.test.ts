import { expect, test } from 'vitest'
import { mysqlFailover } from '../../../src/products/mysql/switchover/failover.ts'
import { primaryMove } from '../../../src/run/failover/move.ts'
import { prepare } from '../../../src/run/prepare.ts'
import { spokenTo } from '../../host/fake-access.ts'
import { problemsOf, projectFolder } from '../../project-folder.ts'

const PEM = (what: string) => `-----BEGIN ${what}-----\nAA==\n-----END ${what}-----\n`
const FILES = {
  'inventories/site.yml':
    'tiers: [{ name: web, roles: [] }, { name: db, roles: [mysql] }, { name: alone, roles: [mysql] }]\n',
  'inventories/prod/hosts.yml': [
    'tiers:',
    '  web: { hosts: { web1: { address: 192.0.2.1 } } }',
    '  db: { hosts: { db1: { address: 192.0.2.51 }, db2: { address: 192.0.2.52 } } }',
    '  alone: { hosts: { log1: { address: 192.0.2.61 } } }',
    '',
  ].join('\n'),
  'inventories/prod/group_vars/db.yml': [
    'mysql_repl_password: repl',
    `mysql_tls_ca: ${JSON.stringify(PEM('CERTIFICATE'))}`,
    `mysql_tls_cert: ${JSON.stringify(PEM('CERTIFICATE'))}`,
    `mysql_tls_key: ${JSON.stringify(PEM('PRIVATE KEY'))}`,
    'mysql_firewall: false',
    '',
  ].join('\n'),
}

/** A move in a run of these tiers, which may reach no host. */
async function move(to: string, tiers: readonly string[] = []) {
  const root = projectFolder(FILES)
  const prepared = await prepare({ root, inventory: 'prod', limit: [], tags: [], vars: [], tiers })
  const context = { prepared, access: spokenTo([]).access, emit: () => undefined }
  return primaryMove(context, { to, failovers: [mysqlFailover] })
}

test('takes a server of a group, on a host of which nothing is known yet too', async () => {
  expect((await move('db2')).tier).toBe('db')
  expect((await move('db2', ['db'])).tier).toBe('db')
})

test.each<[string, string[], string]>([
  ['db22', [], "--switchover-to: there is no host 'db22' (did you mean 'db2'?)"],
  ['web1', [], '--switchover-to: web1 (tier web) is not in a group of MySQL servers'],
  ['log1', [], '--switchover-to: log1 (tier alone) is not in a group of MySQL servers'],
  ['db2', ['web'], '--switchover-to: db2 is of tier db, of which no host takes part in this run'],
])('refuses %s in a run of %j, before any host is touched', async (to, tiers, problem) => {
  expect(await problemsOf(() => move(to, tiers))).toEqual([problem])
})
