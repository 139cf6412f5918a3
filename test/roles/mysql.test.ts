import { describe, expect, test } from 'vitest'
import mysql from '../../roles/mysql/index.ts'
import type { Facts } from '../../src/facts/facts.ts'
import { compiled, type Setting } from './compiled.ts'

const SID: Facts['os'] = { id: 'debian', versionId: '', codename: 'sid' }
const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const GROUP = {
  mysql_repl_password: 'repl-secret',
  mysql_clone_password: 'clone-secret',
  mysql_tls_ca: PEM,
  mysql_tls_cert: PEM,
  mysql_tls_key: 'key-secret',
}
const on = (setting: Setting = {}) =>
  compiled(mysql, { ...setting, facts: { os: SID, ...setting.facts }, vars: { ...GROUP, ...setting.vars } })

const CNF = 'file:/etc/mysql/mysql.conf.d/zz-provision.cnf'

describe('role mysql', () => {
  test('the first host of the tier starts as the primary; the others know it as their peer', async () => {
    const first = await on()
    expect(first.problems).toEqual([])
    expect(first.desired('mysql-replication:server')).toMatchObject({
      bootstrap: 'primary',
      peers: [
        { name: 'web2', host: '192.0.2.12', port: 3306 },
        { name: 'web3', host: '192.0.2.13', port: 3306 },
      ],
      allowClone: false,
      allowPromote: false,
    })
    const second = await on({ host: 'web2' })
    expect(second.desired('mysql-replication:server')).toMatchObject({ bootstrap: 'replica' })
    const told = await on({ host: 'web2', vars: { mysql_role: 'primary' } })
    expect(told.desired('mysql-replication:server')).toMatchObject({ bootstrap: 'primary' })
  })

  test('the order: file before start, start before replication, that before accounts, variables last', async () => {
    const { keys } = await on({ vars: { mysql_databases: [{ name: 'shop' }] } })
    const kinds = keys.map((key) => key.split(':')[0] ?? '')
    expect(kinds.filter((kind, i) => kinds.indexOf(kind) === i)).toEqual([
      'file',
      'package',
      'ufw',
      'service',
      'mysql-replication',
      'mysql-database',
      'mysql-user',
      'mysql-variable',
    ])
  })

  test('what its maintainer scripts find in their environment is on the host before the package is', async () => {
    const { keys, content } = await on()
    const env = 'file:/etc/apt/provision-mysql.env'
    expect(content(env)).toBe('MYSQL_GROUP_SUFFIX=_packaging\n')
    expect(keys.indexOf(env)).toBeLessThan(keys.findIndex((key) => key.startsWith('package:')))
  })

  test('the option file, for 8.0 to 9.x: read-only at start, GTIDs, nothing that 9.x does not know', async () => {
    const host = await on({ vars: { mysql_options: { max_connections: 500, sync_binlog: 100, general_log: true } } })
    expect(host.content(CNF)).toMatchSnapshot()
    expect(host.keys).toContain('mysql-variable:max_connections')
    expect(host.desired('mysql-variable:sync_binlog')).toMatchObject({ value: 100 })
    for (const name of ['super_read_only', 'read_only', 'log_bin', 'plugin-load-add']) {
      expect(host.keys).not.toContain(`mysql-variable:${name}`)
    }
  })

  test('unattended-upgrades leaves the server alone, unless it is told otherwise', async () => {
    const path = '/etc/apt/apt.conf.d/52provision-mysql'
    expect((await on()).content(`file:${path}`)).toContain('"^mysql-(community-)?server";')
    const allowed = await on({ vars: { mysql_unattended_upgrades: true } })
    expect(allowed.desired(`file:${path}`)).toMatchObject({ state: 'absent' })
  })

  test('accounts: one for each purpose and no more than it needs, over TLS', async () => {
    const host = await on({ vars: { mysql_exporter_password: 'e-secret' } })
    expect(host.desired('mysql-user:replication@%')).toMatchObject({
      tls: 'ssl',
      grants: [{ on: '*.*', privileges: ['REPLICATION SLAVE'] }],
    })
    expect(host.desired('mysql-user:clone@%')).toMatchObject({
      tls: 'ssl',
      grants: [{ on: '*.*', privileges: ['BACKUP_ADMIN'] }],
    })
    expect(host.desired('mysql-user:exporter@localhost')).toMatchObject({
      grants: [{ on: '*.*', privileges: ['PROCESS', 'REPLICATION CLIENT', 'SELECT'] }],
    })
    expect(JSON.stringify(host.desired('mysql-replication:server'))).not.toContain('-secret')
  })

  test('opens its port to its peers, the app servers and the monitor', async () => {
    const { keys } = await on()
    expect(keys.filter((key) => key.startsWith('ufw:'))).toEqual([
      `ufw:${['12', '13', '31'].map((last) => `in proto tcp from 192.0.2.${last} to any port 3306`).join(' + ')}`,
    ])
    expect((await on({ vars: { mysql_firewall: false } })).keys.join()).not.toContain('ufw:')
  })

  test('a server of its own needs neither passwords nor certificates', async () => {
    const hosts = 'tiers: { web: { hosts: { web1: { address: 192.0.2.11 } } } }'
    const host = await compiled(mysql, { hosts, facts: { os: SID } })
    expect(host.problems).toEqual([])
    expect(host.desired('mysql-replication:server')).toMatchObject({ bootstrap: 'primary', peers: [] })
    expect(host.content(CNF)).not.toContain('ssl_')
  })

  test('C09: an option is written by its own name, and compared by that of its variable', async () => {
    const host = await on({
      vars: {
        mysql_options: {
          default_time_zone: '+00:00',
          memlock: true,
          'character-set-server': 'utf8mb4',
          'skip-name-resolve': true,
          plugin_load_add: 'auth_socket.so',
          performance_schema_consumer_events_statements_history: true,
          init_connect: "SET @a = '#1\\n'",
        },
      },
    })
    expect(host.problems).toEqual([])
    const lines = String(host.content(CNF)).split('\n')
    expect(lines.slice(lines.indexOf('default_time_zone = +00:00'), -7)).toEqual([
      'default_time_zone = +00:00',
      'memlock = ON',
      'character_set_server = utf8mb4',
      'skip_name_resolve = ON',
      'plugin-load-add = auth_socket.so',
      'performance-schema-consumer-events-statements-history = ON',
      `init_connect = "SET @a = '#1\\\\n'"`,
    ])
    expect(lines).toContain('plugin-load-add = mysql_clone.so')
    const variables = host.keys.filter((key) => key.startsWith('mysql-variable:')).slice(-5)
    expect(variables.map((key) => key.split(':')[1])).toEqual([
      'time_zone',
      'locked_in_memory',
      'character_set_server',
      'skip_name_resolve',
      'init_connect',
    ])
    const byVariable = await on({ vars: { mysql_options: { time_zone: '+00:00' } } })
    expect(byVariable.content(CNF)).toContain('default_time_zone = +00:00')
  })

  test('C08: what a data directory is made with is there before the package, and stays when nobody declares it', async () => {
    const path = '/etc/mysql/conf.d/provision-data-directory.cnf'
    const host = await on({ vars: { mysql_options: { lower_case_table_names: 1, innodb_page_size: '32K' } } })
    expect(host.keys.slice(1, 5)).toEqual([
      'directory:/etc/mysql',
      'directory:/etc/mysql/conf.d',
      `file:${path}`,
      'package:mysql-server',
    ])
    expect(host.content(`file:${path}`)).toContain('[mysqld]\nlower_case_table_names = 1\ninnodb_page_size = 32768\n')
    expect(host.content(CNF)).not.toContain('lower_case_table_names')
    expect(host.keys).toContain('mysql-variable:lower_case_table_names')
    expect((await on()).keys.join()).not.toContain(path)
  })

  test('C03: partial_revokes is set before the accounts, which are stored as it says', async () => {
    const users = [{ name: 'a', password: 'a-secret', grants: [{ on: 'shop_prod.*', privileges: ['ALL'] }] }]
    const host = await on({ vars: { mysql_options: { partial_revokes: true }, mysql_users: users } })
    const at = (key: string) => host.keys.indexOf(key)
    expect(at('mysql-variable:partial_revokes')).toBeGreaterThan(at('mysql-replication:server'))
    expect(at('mysql-variable:partial_revokes')).toBeLessThan(at('mysql-user:replication@%'))
    expect(host.desired('mysql-user:a@%')).toMatchObject({ partialRevokes: true })
    expect((await on({ vars: { mysql_users: users } })).desired('mysql-user:a@%')).toMatchObject({
      partialRevokes: undefined,
    })
  })

  test('C69: what is on a server that is to join its group is known only then', async () => {
    const joins = async (setting: Setting) => (await on(setting)).desired('mysql-user:replication@%')
    expect(await joins({ host: 'web2' })).toMatchObject({ joins: true })
    expect(await joins({})).toMatchObject({ joins: false })
    expect(await joins({ host: 'web2', vars: { mysql_allow_promote: true } })).toMatchObject({ joins: false })
  })

  const options = (mysql_options: Record<string, unknown>) => ({ vars: { mysql_options } })
  test.each<[string, Setting, string]>([
    ["C09: the role's own by another name", options({ 'skip-log-bin': true }), "is the role's own"],
    ['C09: an option of clients', options({ default_character_set: 'utf8' }), 'say character_set_server'],
    ['C09: what sessions set', options({ sql_select_limit: 5 }), 'no option file takes it'],
    ['C09: a way to say no', options({ 'skip-slow-query-log': true }), 'say slow_query_log: false'],
    ['C09: what leaves transactions out', options({ replicate_ignore_db: 'x' }), 'leaves transactions out'],
    ['C09: one thing under two names', options({ time_zone: 'SYSTEM', default_time_zone: 'SYSTEM' }), 'are the same'],
    ['C09: no time zone', options({ time_zone: "it's" }), 'is no time zone'],
    ['C09: another data directory', options({ datadir: '/srv' }), 'mount a disk there'],
    ['C27: two servers of one mysql_server_id', { vars: { mysql_server_id: 7 } }, 'have the same mysql_server_id (7)'],
    ['Debian without MySQL', { facts: { os: { id: 'debian', versionId: '13', codename: 'trixie' } } }, 'only MariaDB'],
    ['a group without certificates', { vars: { mysql_tls_ca: null } }, 'certificates of one CA'],
    ['a group without a password', { vars: { mysql_repl_password: null } }, 'certificates of one CA'],
    ['an option of the role', { vars: { mysql_options: { super_read_only: false } } }, "is the role's own"],
    [
      'a wrong privilege',
      { vars: { mysql_users: [{ name: 'x', password: 'y', grants: [{ on: 'a.*', privileges: ['PROCESS'] }] }] } },
      'PROCESS',
    ],
    ['no password from afar', { vars: { mysql_users: [{ name: 'x' }] } }, 'over the socket'],
  ])('refuses %s', async (_, setting, message) => {
    expect((await on(setting)).problems.join()).toContain(message)
  })

  test("takes Oracle's package on Debian 12 and 13", async () => {
    const os = { id: 'debian', versionId: '13', codename: 'trixie' }
    const host = await on({ facts: { os }, vars: { mysql_package: 'mysql-community-server' } })
    expect(host.problems).toEqual([])
    expect(host.keys.find((key) => key.startsWith('package:'))).toBe('package:mysql-community-server')
  })

  test('a server of a group is restarted only while it takes no writes, and counts when it has caught up', async () => {
    const { rollout, notifies } = await on({ host: 'web2' })
    expect(notifies('package:mysql-server')).toEqual(['restart mysql'])
    expect(rollout).toMatchObject({
      disruptive: ['package:mysql-server', 'handler:restart mysql'],
      preflight: [{ on: ['web1', 'web3'] }],
      drain: [{ name: 'it takes no writes' }],
      gates: [
        { name: 'mysql.service is active' },
        { timeout: 120 },
        { on: ['web1', 'web3'], onTimeout: 'continueIfUnanswered' },
      ],
    })
  })

  test('a server on its own is never out; when its package was upgraded it takes writes again', async () => {
    const { rollout, notifies } = await on({ hosts: 'tiers: { web: { hosts: { web1: { address: 192.0.2.11 } } } }' })
    expect(notifies('package:mysql-server')).toEqual(['mysql takes writes'])
    expect(rollout).toMatchObject({ disruptive: [] })
  })
})
