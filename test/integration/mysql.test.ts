import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Event } from '../../src/execute/events.ts'
import { optionValue } from '../../src/products/mysql/kinds/client.ts'
import { SESSION, sql, text } from '../../src/products/mysql/kinds/sql.ts'
import { run } from '../../src/run/run.ts'
import { PASSWORDS, writeDatabaseInventory } from '../lab/databases.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { text as anyText } from '../resources/arbitrary.ts'

const SPEC = {
  ...testLab('mysql'),
  hosts: [
    { name: 'db1', tier: 'db', suite: 'sid' },
    { name: 'db2', tier: 'db', suite: 'sid', user: 'deploy' },
    { name: 'db3', tier: 'db', suite: 'sid' },
  ],
} as const

let lab: Lab

interface RunOptions {
  readonly check?: boolean
  readonly limit?: readonly string[]
  readonly vars?: Readonly<Record<string, unknown>>
}

/** One run; its events as a reader of `--json` sees them. */
async function provision({ check = false, limit = [], vars = {} }: RunOptions = {}) {
  const events: Event[] = []
  const common = { root: lab.dir, inventory: lab.inventory, limit, tags: [], forks: 3, showScripts: false, check }
  const given = Object.entries(vars).map(([name, value]) => `${name}=${stringify(value).trim()}`)
  const outcome = await run({ ...common, vars: given }, { emit: (event) => events.push(event) })
  const seen = JSON.stringify(events)
  for (const password of Object.values(PASSWORDS)) {
    expect(seen.includes(password) || seen.includes(JSON.stringify(password).slice(1, -1)), 'a password is shown').toBe(
      false,
    )
  }
  const of = (name: string) => {
    const result = outcome.results.find(({ host }) => host === name)
    if (result === undefined) throw new Error(`no result of ${name}`)
    return result
  }
  const planned = (name: string) =>
    events.flatMap((event) => (event.type === 'host-planned' && event.host === name ? event.plan.items : []))
  return { summary: outcome.summary, of, planned, changes: (name: string) => of(name).changed }
}

const on = async (name: string, command: string, stdin = ''): Promise<string> => {
  const { code, stdout, stderr } = (await lab.hosts.get(name)?.exec(command, stdin)) ?? {
    code: 255,
    stdout: '',
    stderr: '',
  }
  if (code !== 0) throw new Error(`${name}: ${command}: ${stderr}${stdout}`)
  return stdout.trim()
}

const query = (name: string, statement: string) => on(name, 'mysql --no-defaults -NBr -u root', statement)
const pid = (name: string) => on(name, 'systemctl show -p MainPID --value mysql')

/** The account of the lab's app, from another host, as an app would log in: the primary's certificate is checked. */
const asApp = (name: string, statement: string) => {
  const options = [
    '[client]',
    'user=app',
    `password=${optionValue(PASSWORDS.app)}`,
    `host=${lab.hosts.get('db1')?.address}`,
    'ssl-mode=VERIFY_IDENTITY',
    'ssl-ca=/etc/mysql/provision-ca.pem',
  ]
  const script = ["mysql --defaults-file=/dev/fd/3 -NBr <<'SQL' 3<<'END'", statement, 'SQL', ...options, 'END']
  return on(name, script.join('\n'))
}

/** Asks until the answer is the wanted one; replication takes its moment. */
const eventually = (name: string, statement: string, wanted: string) =>
  expect.poll(() => query(name, statement), { timeout: 60_000, interval: 300 }).toBe(wanted)

/**
 * The first installation of the package fails, as it does by itself in about one of thirty, and is configured once more.
 * Then the server has a transaction of its own, and nothing else.
 */
const FAILS_ONCE = `set -e
dpkg-divert --quiet --local --rename --divert /usr/sbin/mysqld.real --add /usr/sbin/mysqld
cat >/usr/sbin/mysqld <<'END'
#!/bin/sh
case $* in *--initialize*) ln -sf mysqld.real /usr/sbin/mysqld; /usr/sbin/mysqld.real "$@"; exit 1 ;; esac
exec /usr/sbin/mysqld.real "$@"
END
chmod 755 /usr/sbin/mysqld`

/** Somebody's installation, as the package leaves it: writable, with nothing in it. */
const BY_HAND =
  'export DEBIAN_FRONTEND=noninteractive; { apt-get update && apt-get install -y mysql-server; } >/tmp/by-hand.log 2>&1 || { tail /tmp/by-hand.log; exit 1; }'

const THREADS =
  "SELECT CONCAT(s.SERVICE_STATE, '/', a.SERVICE_STATE) FROM performance_schema.replication_connection_status s JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)"

beforeAll(async () => {
  lab = await startTestLab(SPEC)
  await writeDatabaseInventory(lab)
})

afterAll(async () => {
  await lab?.down()
})

describe('MySQL, one primary and two replicas', () => {
  it('a dry run of bare hosts shows what will be there, and that it can be known only then', async () => {
    const { summary, planned } = await provision({ check: true })
    expect(summary).toMatchObject({ planned: 3, failed: 0 })
    const app = planned('db1').find(({ key }) => key === 'mysql-user:app@10.%')
    expect(app).toMatchObject({ action: 'unknown', segment: 1 })
    expect(app?.fields.map(({ field, to }) => `${field}: ${to}`)).toEqual([
      'login: caching_sha2_password',
      'password: ‹secret›',
      'tls: ssl',
      expect.stringMatching(/^grants on shop\.\*: ALTER, .*UPDATE$/),
    ])
    expect(planned('db2').find(({ kind }) => kind === 'mysql-replication')).toMatchObject({
      action: 'unknown',
      fields: [{ field: 'source', to: 'the writable server' }],
    })
  })

  it('a first run that breaks off at the primary leaves the rest to the next one, which begins there', async () => {
    const unheard = `blackhole ${lab.hosts.get('db1')?.address}/32`
    await on('db2', `ip route add ${unheard}`)
    const broken = await provision()
    expect(broken.of('db1').failure?.log.join('\n')).toContain('db2 could not be asked whether it is the primary')
    expect(broken.summary).toMatchObject({ failed: 1, skipped: 2 })
    await on('db2', `ip route del ${unheard}`)
    // The restart that is pending on it does not wait for servers that are not there yet.
    expect((await provision({ limit: ['db1'] })).summary).toMatchObject({ changed: 1, failed: 0, skipped: 0 })
    expect(await query('db1', 'SELECT @@super_read_only')).toBe('0')
  })

  it('one run takes bare hosts, and (C69) one with a MySQL that somebody left writable, to a primary and its replicas; a second finds nothing, in one exec', async () => {
    await on('db3', FAILS_ONCE)
    await on('db2', BY_HAND)
    expect(await query('db2', 'SELECT @@read_only')).toBe('0')
    expect((await provision()).summary).toMatchObject({ changed: 2, failed: 0, skipped: 0 })
    const again = await provision()
    expect(again.summary).toMatchObject({ ok: 3, changed: 0, failed: 0 })
    for (const name of lab.hosts.keys()) expect(again.of(name).traffic.execs, name).toBe(1)
    expect(await query('db1', 'SELECT @@super_read_only, @@read_only')).toBe('0\t0')
    for (const name of ['db2', 'db3']) {
      expect(await query(name, 'SELECT @@super_read_only')).toBe('1')
      await eventually(name, THREADS, 'ON/ON')
    }
    expect(await query('db3', 'SELECT STATE FROM performance_schema.clone_status')).toBe('Completed')
  }, 1_800_000)

  it('what is written on the primary is read on the replicas, by the account that was declared, over TLS', async () => {
    await asApp('db3', 'CREATE TABLE shop.t (id INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2);')
    for (const name of ['db2', 'db3']) {
      await expect
        .poll(() => query(name, 'SELECT COUNT(*) FROM shop.t').catch(() => ''), { timeout: 60_000, interval: 300 })
        .toBe('2')
    }
    await expect(asApp('db3', 'CREATE DATABASE other')).rejects.toThrow('ERROR 1044')
  })

  it('a replica that was away catches up, and one whose replication was stopped is seen and started', async () => {
    await on('db2', 'systemctl stop mysql')
    await query('db1', 'INSERT INTO shop.t VALUES (3)')
    await eventually('db3', 'SELECT COUNT(*) FROM shop.t', '3')
    await query('db3', 'STOP REPLICA')
    const { changes, planned } = await provision({ limit: ['db2', 'db3'] })
    expect(changes('db2')).toContain('service:mysql.service')
    expect(changes('db3')).toEqual(['mysql-replication:server'])
    expect(
      planned('db3')
        .find(({ kind }) => kind === 'mysql-replication')
        ?.fields.map(({ field }) => field),
    ).toEqual(['receiver', 'applier'])
    expect(await query('db3', THREADS)).toBe('ON/ON')
    await eventually('db2', 'SELECT COUNT(*) FROM shop.t', '3')
  })

  it('a dynamic variable is set without a restart, and kept for the next start; C02, C09: what the server keeps in a form of its own is as declared in the second run', async () => {
    const before = await pid('db1')
    const options = { max_connections: 70, table_open_cache: 400, optimizer_switch: 'index_merge_intersection=off' }
    const vars = {
      mysql_options: { ...options, max_allowed_packet: 1_000_000, sql_mode: 'ANSI', default_time_zone: '+00:00' },
    }
    const { summary, changes } = await provision({ vars })
    expect(summary).toMatchObject({ changed: 3, failed: 0 })
    const variables = ['max_allowed_packet', 'max_connections', 'optimizer_switch', 'sql_mode', 'time_zone']
    expect(changes('db1').toSorted()).toEqual([
      'file:/etc/mysql/mysql.conf.d/zz-provision.cnf',
      ...variables.map((name) => `mysql-variable:${name}`),
    ])
    const values =
      "SELECT @@max_connections, @@GLOBAL.max_allowed_packet, @@GLOBAL.time_zone, LOCATE('index_merge_intersection=off', @@GLOBAL.optimizer_switch) > 0"
    expect(await query('db1', values)).toBe('70\t999424\t+00:00\t1')
    expect(await pid('db1')).toBe(before)
    const again = await provision({ vars })
    expect(again.summary).toMatchObject({ ok: 3, changed: 0 })
    for (const name of lab.hosts.keys()) expect(again.of(name).traffic.execs, name).toBe(1)
    const defaults =
      'SET GLOBAL optimizer_switch = DEFAULT, GLOBAL max_allowed_packet = DEFAULT, GLOBAL sql_mode = DEFAULT, GLOBAL time_zone = SYSTEM'
    for (const name of lab.hosts.keys()) await query(name, defaults)
    expect((await provision()).changes('db1')).toEqual([
      'file:/etc/mysql/mysql.conf.d/zz-provision.cnf',
      'mysql-variable:max_connections',
    ])
  })

  it('C08: what the data directory was made with is refused in the plan, and the next run without it is good', async () => {
    const limit = ['db3']
    const vars = { mysql_options: { max_connections: 60, table_open_cache: 400, lower_case_table_names: 1 } }
    const { of, changes } = await provision({ vars, limit })
    expect(of('db3').failure).toMatchObject({
      resource: 'mysql-variable:lower_case_table_names',
      message: expect.stringContaining('lower_case_table_names is 0 since the data directory was made'),
    })
    expect(changes('db3')).toEqual([])
    expect((await provision({ limit })).summary).toMatchObject({ ok: 1, changed: 0, failed: 0 })
  })

  it('C03: an account uses a database with _ in its name, also when partial_revokes is switched', async () => {
    const grants = [{ on: 'shop_prod.*', privileges: ['ALL'] }]
    const common = {
      mysql_databases: [{ name: 'shop' }, { name: 'shop_prod' }],
      mysql_users: [{ name: 'app', host: '10.%', password: PASSWORDS.app, tls: 'ssl', grants }],
    }
    for (const partial_revokes of [true, false]) {
      const vars = { ...common, mysql_options: { max_connections: 60, table_open_cache: 400, partial_revokes } }
      expect((await provision({ vars, limit: ['db1'] })).summary).toMatchObject({ changed: 1, failed: 0 })
      await asApp('db3', 'CREATE TABLE shop_prod.t (id INT); DROP TABLE shop_prod.t')
      await expect(asApp('db3', 'CREATE DATABASE shopXprod')).rejects.toThrow('ERROR 1044')
    }
    await query('db1', 'DROP DATABASE shop_prod')
    expect((await provision()).summary).toMatchObject({ changed: 1, ok: 2 })
  })

  it('a variable that needs a restart restarts replicas, never the primary, and says what is left to do', async () => {
    const vars = { mysql_options: { max_connections: 60, table_open_cache: 400, back_log: 77 } }
    const before = { db1: await pid('db1'), db3: await pid('db3') }
    const primary = await provision({ vars, limit: ['db1'] })
    expect(primary.of('db1').failure).toMatchObject({
      code: 'apply',
      log: [
        'not in use before the next start of mysqld: back_log=77',
        expect.stringContaining('never a primary'),
        expect.stringContaining('systemctl restart mysql'),
      ],
    })
    expect(await pid('db1')).toBe(before.db1)
    expect((await provision({ vars, limit: ['db3'] })).summary).toMatchObject({ changed: 1, failed: 0 })
    expect(await pid('db3')).not.toBe(before.db3)
    expect(await query('db3', 'SELECT @@back_log')).toBe('77')
    await eventually('db3', THREADS, 'ON/ON')
    await provision({ limit: ['db1', 'db3'] })
  })

  it('a primary that was restarted by hand is read-only, and writable again only when nobody else knows more', async () => {
    await on('db1', 'systemctl restart mysql')
    expect(await query('db1', 'SELECT @@super_read_only')).toBe('1')
    const { changes } = await provision({ limit: ['db1'] })
    expect(changes('db1')).toContain('mysql-replication:server')
    expect(await query('db1', 'SELECT @@super_read_only')).toBe('0')
    // They try again every 10 s; a run before that would start their threads itself.
    for (const name of ['db2', 'db3']) await eventually(name, THREADS, 'ON/ON')
  })

  it('a new password is one change, whose diff shows nothing, and is in no argument or environment', async () => {
    const changed = `new 'pass"word\\5`
    const group = join(lab.inventory, 'group_vars', 'db.yml')
    const vars: unknown = parse(await readFile(group, 'utf8'))
    if (typeof vars !== 'object' || vars === null) throw new Error('no vars')
    const app = { name: 'app', host: '10.%', password: changed, tls: 'ssl' }
    const users = [{ ...app, grants: [{ on: 'shop.*', privileges: ['ALL'] }] }]
    await writeFile(group, stringify({ ...vars, mysql_users: users }))
    const spy =
      'while [ ! -e /tmp/stop ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done >/tmp/seen 2>/dev/null; true'
    const spying = on('db1', `rm -f /tmp/stop; ${spy}`)
    const dry = await provision({ check: true })
    expect(dry.planned('db1').filter(({ action }) => action !== 'none')).toMatchObject([
      {
        key: 'mysql-user:app@10.%',
        action: 'update',
        fields: [{ field: 'password', from: '‹secret›', to: '‹secret, changed›' }],
      },
    ])
    const { summary, changes } = await provision()
    await on('db1', 'touch /tmp/stop')
    await spying
    expect([changes('db1'), changes('db2'), changes('db3')]).toEqual([['mysql-user:app@10.%'], [], []])
    expect(summary).toMatchObject({ changed: 1, ok: 2, failed: 0 })
    const seen = await on('db1', `grep -a -c -F -f - /tmp/seen || :`, [changed, ...Object.values(PASSWORDS)].join('\n'))
    expect(seen).toBe('0')
    expect(await on('db1', 'grep -a -c systemd /tmp/seen')).not.toBe('0')
  })

  it('grants that were changed by hand are seen, object by object (C26: roles and PROXY too), and put right with a password', async () => {
    await writeDatabaseInventory(lab)
    await query(
      'db1',
      "REVOKE DROP ON `shop`.* FROM 'app'@'10.%'; GRANT PROCESS ON *.* TO 'app'@'10.%'; GRANT SELECT ON shop.t TO 'app'@'10.%' WITH GRANT OPTION; CREATE ROLE boss; GRANT boss TO 'app'@'10.%'; GRANT PROXY ON root@localhost TO 'app'@'10.%';",
    )
    const { planned, changes } = await provision()
    const [user] = planned('db1').filter(({ action }) => action !== 'none')
    expect(user?.fields).toEqual([
      { field: 'password', from: '‹secret›', to: '‹secret, changed›' },
      { field: 'grants on shop.*', from: expect.not.stringContaining('DROP'), to: expect.stringContaining('DROP') },
      { field: 'grants on *.*', from: 'PROCESS', to: undefined },
      { field: 'grants on shop.t', from: 'GRANT OPTION, SELECT', to: undefined },
      { field: 'roles', from: "'boss'@'%'" },
      { field: 'proxy for', from: "'root'@'localhost'" },
    ])
    expect(changes('db1')).toEqual(['mysql-user:app@10.%'])
    expect(await query('db1', "SHOW GRANTS FOR 'app'@'10.%'")).not.toMatch(/boss|PROXY/)
    await query('db1', 'DROP ROLE boss')
    expect((await provision()).summary).toMatchObject({ ok: 3 })
  })

  it('errant transactions on a replica are reported, and only with consent is it rebuilt by clone', async () => {
    await query(
      'db2',
      'SET GLOBAL super_read_only = OFF; CREATE DATABASE errant; SET GLOBAL read_only = ON, GLOBAL super_read_only = ON;',
    )
    const told = await provision({ limit: ['db2'] })
    expect(told.of('db2').failure).toMatchObject({
      code: 'apply',
      resource: 'mysql-replication:server',
      log: [
        expect.stringMatching(/refused: it has transactions that its source never had: [0-9a-f-]{36}:1$/),
        expect.stringContaining('mysql_allow_clone'),
      ],
    })
    expect(await query('db2', "SHOW DATABASES LIKE 'errant'")).toBe('errant')
    const consent = { mysql_allow_clone: true }
    expect((await provision({ limit: ['db2'], vars: consent })).changes('db2')).toEqual(['mysql-replication:server'])
    expect(await query('db2', "SHOW DATABASES LIKE 'errant'")).toBe('')
    expect(await query('db2', 'SELECT COUNT(*) FROM shop.t')).toBe('3')
    expect(await query('db2', 'SELECT @@super_read_only')).toBe('1')
  })

  it('C27, C68: a server that has the server_uuid of another is told in the plan, with the file, and no run ends well', async () => {
    const file = '/var/lib/mysql/auto.cnf'
    const uuid = await query('db2', 'SELECT @@server_uuid')
    await on('db3', `systemctl stop mysql; echo '[auto]\nserver-uuid=${uuid}' >${file}; systemctl start mysql`)
    const error =
      "SELECT COUNT(*) FROM performance_schema.replication_connection_status WHERE LAST_ERROR_NUMBER <> 0 AND SERVICE_STATE = 'OFF'"
    await eventually('db2', error, '1')
    const { of } = await provision()
    expect(of('db2').failure).toMatchObject({
      resource: 'mysql-replication:server',
      message: expect.stringContaining(`it has the server_uuid of db3 (${uuid})`),
      hint: expect.stringContaining(file),
    })
    await on('db3', `systemctl stop mysql; rm ${file}; systemctl start mysql`)
    expect((await provision()).of('db2').changed).toEqual(['mysql-replication:server'])
    for (const name of ['db2', 'db3']) await eventually(name, THREADS, 'ON/ON')
    expect((await provision()).summary).toMatchObject({ ok: 3, changed: 0, failed: 0 })
  }, 180_000)

  it('an option file that mysqld refuses never lands: mysqld says why, and runs on', async () => {
    const state =
      'systemctl show -p MainPID,InvocationID,NRestarts mysql; find /etc/mysql -type f -exec sha256sum {} + | sort; find /etc/mysql'
    const before = await on('db3', state)
    const { of } = await provision({ limit: ['db3'], vars: { mysql_options: { binlog_row_image: 'half' } } })
    expect(of('db3').failure).toMatchObject({
      code: 'apply',
      resource: 'file:/etc/mysql/mysql.conf.d/zz-provision.cnf',
    })
    expect(of('db3').failure?.log.join('\n')).toContain("'half' to 'binlog_row_image'")
    expect(await on('db3', state)).toBe(before)
  })

  it('any text is the same text in the server', async () => {
    const samples = fc.sample(anyText, 300)
    const statements = samples.map((one) => sql`SELECT CONCAT('=', HEX(${text(one)}))`.sql)
    const answer = await query('db1', [SESSION.sql, ...statements].map((one) => `${one};`).join('\n'))
    expect(answer.split('\n')).toEqual(samples.map((one) => `=${Buffer.from(one).toString('hex').toUpperCase()}`))
  })
})
