import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src/errors.ts'
import type { Event } from '../../src/execute/events.ts'
import { TARGET } from '../../src/host/target.ts'
import { drainedMark, pendingMarker } from '../../src/plan/target-state.ts'
import { optionValue } from '../../src/products/mysql/kinds/client.ts'
import { mysqlFailover } from '../../src/products/mysql/switchover/failover.ts'
import { switchover } from '../../src/run/failover/switchover.ts'
import { run } from '../../src/run/run.ts'
import type { RunOptions } from '../../src/run/run-options.ts'
import { PASSWORDS, writeDatabaseInventory } from '../lab/databases.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { endLease } from './lease.ts'
import { offerNewer } from './newer-package.ts'
import { startProvision } from './provision.ts'
import { type Ledger, whileWriting } from './switchover/ledger.ts'

/** One group of three servers through its life; the tests build on each other. */
const SPEC = {
  ...testLab('switchover'),
  hosts: [
    { name: 'db1', tier: 'db', suite: 'sid', installed: true },
    { name: 'db2', tier: 'db', suite: 'sid', user: 'deploy', installed: true },
    { name: 'db3', tier: 'db', suite: 'sid', installed: true },
  ],
} as const
const NAMES = ['db1', 'db2', 'db3']

let lab: Lab

const common = () => ({ root: lab.dir, inventory: lab.inventory, tags: [], vars: [], showScripts: true, check: false })

const moveTo = (to: string) => ({ to, failovers: [mysqlFailover] })

async function provision(more: Partial<RunOptions> = {}) {
  const events: Event[] = []
  const outcome = await run({ ...common(), limit: [], forks: 3, ...more }, { emit: (event) => events.push(event) })
  noPasswordIn(events)
  return { ...outcome, events }
}

async function toServer(to: string, more: { readonly primaryLost?: boolean; readonly check?: boolean } = {}) {
  const events: Event[] = []
  const options = { ...common(), limit: [], tiers: ['db'], ...moveTo(to), primaryLost: false, ...more }
  const outcome = await switchover(options, { emit: (event) => events.push(event) })
  noPasswordIn(events)
  return { ...outcome, events }
}

function noPasswordIn(events: readonly Event[]): void {
  const seen = JSON.stringify(events)
  for (const password of Object.values(PASSWORDS)) {
    for (const spelling of [password, optionValue(password), password.replaceAll("'", "''")]) {
      expect(seen.includes(JSON.stringify(spelling).slice(1, -1)), 'a password is shown').toBe(false)
    }
  }
}

const outcomes = ({ results }: { readonly results: readonly { host: string; outcome: string }[] }) =>
  Object.fromEntries(results.map(({ host, outcome }) => [host, outcome]))

const host = (name: string) => {
  const found = lab.hosts.get(name)
  if (found === undefined) throw new Error(`no host ${name}`)
  return found
}
const on = async (name: string, command: string, stdin = ''): Promise<string> => {
  const { code, stdout, stderr } = await host(name).exec(command, stdin)
  if (code !== 0) throw new Error(`${name}: ${command}: ${stderr}${stdout}`)
  return stdout.trim()
}
const query = (name: string, statement: string) => on(name, 'mysql --no-defaults -NBr -u root', statement)

/** Who takes writes, and whom each of the others replicates from. */
async function roles(): Promise<Record<string, string>> {
  const address = new Map(NAMES.map((name) => [host(name).address, name]))
  const statement =
    "SELECT IF(@@super_read_only, 'read-only', 'writable'); SELECT HOST FROM performance_schema.replication_connection_configuration WHERE HOST <> ''"
  const all = NAMES.map(async (name) => {
    const [state = '', source] = (await query(name, statement)).split('\n')
    return [name, source === undefined ? state : `${state}, from ${address.get(source)}`]
  })
  return Object.fromEntries(await Promise.all(all))
}

const RESTART = pendingMarker('restart mysql', TARGET.stateDir)
const PID = 'systemctl show -p MainPID --value mysql'
const pids = () => Promise.all(NAMES.map((name) => on(name, PID)))

const oweRestart = (...names: readonly string[]) =>
  Promise.all(names.map((name) => on(name, `mkdir -p "$(dirname '${RESTART}')"; touch '${RESTART}'`)))

/** Hosts that have such a file. */
async function marked(path: string): Promise<string[]> {
  const found = await Promise.all(NAMES.map((name) => host(name).exec(`test -e '${path}'`)))
  return NAMES.filter((_, i) => found[i]?.code === 0)
}

/** Batches of a planned rollout, with what is done before each. */
const switchoversIn = (events: readonly Event[]) =>
  events.flatMap((event) =>
    event.type === 'rollout-planned'
      ? event.tiers.flatMap(({ batches }) => batches.map(({ hosts, switchover }) => [hosts, switchover]))
      : [],
  )

/** The app's writes, made from a replica, while something is done. */
const writing = (work: () => Promise<void>) => whileWriting(host('db3'), NAMES.map(host), work)

/** No server lacks a row that was acknowledged. */
async function expectAllRows({ acknowledged }: Ledger): Promise<void> {
  const lacking = async (name: string) => {
    const rows = new Set((await query(name, 'SELECT id FROM shop.ledger')).split('\n').map(Number))
    return acknowledged.filter((id) => !rows.has(id))
  }
  for (const name of NAMES) await expect.poll(() => lacking(name), { timeout: 20_000, interval: 300 }).toEqual([])
}

beforeAll(async () => {
  lab = await startTestLab(SPEC)
  await writeDatabaseInventory(lab)
  const first = await provision()
  const failures = first.results.map(({ failure }) => failure)
  expect(outcomes(first), JSON.stringify(failures)).toEqual({ db1: 'changed', db2: 'changed', db3: 'changed' })
  await query('db1', 'CREATE TABLE shop.ledger (id BIGINT PRIMARY KEY)')
}, 1_800_000)

afterAll(async () => {
  await lab?.down()
})

describe('a group of MySQL servers', () => {
  it('an owed restart is paid on one replica after the other; the primary comes last and is refused', async () => {
    const before = await pids()
    await oweRestart(...NAMES)
    const { results, events } = await provision()
    expect(outcomes({ results })).toEqual({ db1: 'failed', db2: 'changed', db3: 'changed' })
    expect(results[0]?.failure).toMatchObject({
      code: 'drain',
      message: expect.stringContaining('it is the primary: with --switchover-to HOST a run moves the writes'),
      hint: 'nothing was changed on it, and it is back in service',
    })
    const begun = events.flatMap((event) => (event.type === 'host-started' ? [event.host] : []))
    expect(begun).toEqual(['db2', 'db3', 'db1'])
    const after = await pids()
    expect(after.map((one, i) => one === before[i])).toEqual([true, false, false])
    expect(await marked(RESTART)).toEqual(['db1'])
  })

  it('one run upgrades and restarts all three, the primary as a replica, when it may move the writes; no maintainer script leaves a transaction', async () => {
    await expect(provision({ switchover: moveTo('db9') })).rejects.toThrow("there is no host 'db9'")
    await expect(provision({ switchover: moveTo('db1') })).rejects.toThrow('db1 is the primary itself')
    await Promise.all(NAMES.map((name) => offerNewer(host(name), 'mysql-server')))
    await oweRestart(...NAMES)
    const before = await pids()
    const ledger = await writing(async () => {
      const args = ['-C', lab.dir, '-i', lab.inventory, '--tier', 'db', '--switchover-to', 'db2']
      const run = await startProvision(args, { command: 'upgrade' }).done
      expect(run.status, run.stdout).toBe(0)
      expect(switchoversIn(run.events)).toEqual([
        [['db2', 'db3'], undefined],
        [['db1'], { from: 'db1', to: 'db2' }],
      ])
      const begun = run.events.flatMap((event) => (event.type === 'host-started' ? [event.host] : []))
      expect(begun).toEqual(['db2', 'db3', 'db1'])
      for (const name of NAMES) expect(run.result(name)).toMatchObject({ outcome: 'changed', pendingHandlers: [] })
    })
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([])
    for (const name of NAMES) expect(await on(name, "dpkg-query -W -f '${Version}' mysql-server")).toMatch(/\+lab1$/)
    expect(await roles()).toEqual({ db1: 'read-only, from db2', db2: 'writable', db3: 'read-only, from db2' })
    expect(ledger.pause).toBeLessThan(5000)
    await expectAllRows(ledger)
    const executed = () => Promise.all(NAMES.map((name) => query(name, 'SELECT @@GLOBAL.gtid_executed')))
    await expect.poll(async () => new Set(await executed()).size, { timeout: 20_000, interval: 300 }).toBe(1)
    const again = await provision({ switchover: moveTo('db2') })
    expect(outcomes(again)).toEqual({ db1: 'ok', db2: 'ok', db3: 'ok' })
    expect(switchoversIn(again.events)).toEqual([])
  })

  it('the same for a variable that only a start sets; and nothing is moved for one that is set at once', async () => {
    const planned = async (options: string) => {
      const { events } = await provision({ switchover: moveTo('db1'), check: true, vars: [`mysql_options=${options}`] })
      return switchoversIn(events)
    }
    expect(await planned('{ back_log: 77 }')).toEqual([
      [['db1', 'db3'], undefined],
      [['db2'], { from: 'db2', to: 'db1' }],
    ])
    expect(await planned('{ max_connections: 61 }')).toEqual([[['db1', 'db2', 'db3'], undefined]])
  })

  it('killed while the primary takes no more writes, and again while another server is promoted: the same run once more brings it to its end', async () => {
    await oweRestart('db2')
    const before = await on('db2', PID)
    const args = ['-C', lab.dir, '-i', lab.inventory, '--switchover-to', 'db3']
    const ledger = await writing(async () => {
      for (const phase of ['switchover:db2 takes no more writes', 'switchover:db3 promoted to primary']) {
        const running = startProvision(args)
        await running.until((event) => event.type === 'step-started' && event.key === phase)
        running.kill('SIGKILL')
        await running.done
        await Promise.all(NAMES.map((name) => endLease(host(name))))
      }
      const { status, stdout } = await startProvision(args).done
      expect(status, stdout).toBe(0)
    })
    expect(await roles()).toEqual({ db1: 'read-only, from db3', db2: 'read-only, from db3', db3: 'writable' })
    expect(await on('db2', PID)).not.toBe(before)
    expect([await marked(drainedMark(TARGET.stateDir)), await marked(RESTART)]).toEqual([[], []])
    await expectAllRows(ledger)
  })

  it('a dry run shows who becomes what, and changes nothing', async () => {
    const { results, events } = await toServer('db2', { check: true })
    expect(outcomes({ results })).toEqual({ db1: 'planned', db2: 'planned', db3: 'planned' })
    const fields = events.flatMap((event) => (event.type === 'host-planned' ? [event.plan.items[0]?.fields] : []))
    expect(fields).toEqual([
      [{ field: 'source', from: 'db3', to: 'db2' }],
      [
        { field: 'source', from: 'db3', to: 'none' },
        { field: 'writable', from: 'no', to: 'yes' },
      ],
      [
        { field: 'writable', from: 'yes', to: 'no' },
        { field: 'source', to: 'db2' },
      ],
    ])
    expect(await roles()).toEqual({ db1: 'read-only, from db3', db2: 'read-only, from db3', db3: 'writable' })
  })

  it('moves the writes to a replica: they pause for a moment, and no acknowledged one is lost', async () => {
    const ledger = await writing(async () => {
      expect(outcomes(await toServer('db2'))).toEqual({ db1: 'changed', db2: 'changed', db3: 'changed' })
    })
    expect(await roles()).toEqual({ db1: 'read-only, from db2', db2: 'writable', db3: 'read-only, from db2' })
    expect(ledger.acknowledged.length).toBeGreaterThan(20)
    expect(ledger.pause).toBeLessThan(5000)
    await expectAllRows(ledger)
    expect(await query('db2', "SHOW DATABASES LIKE 'provision%'")).toBe('')
    expect(outcomes(await provision())).toEqual({ db1: 'ok', db2: 'ok', db3: 'ok' })
    expect(outcomes(await toServer('db2'))).toEqual({ db1: 'ok', db2: 'ok', db3: 'ok' })
  })

  it('finishes what an earlier one left halfway', async () => {
    await query('db2', 'SET GLOBAL super_read_only = ON')
    expect(outcomes(await toServer('db1'))).toEqual({ db1: 'changed', db2: 'changed', db3: 'changed' })
    await query(
      'db3',
      `STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '${host('db2').address}'; START REPLICA`,
    )
    expect(outcomes(await toServer('db1'))).toEqual({ db1: 'ok', db2: 'ok', db3: 'changed' })
    expect(await roles()).toEqual({ db1: 'writable', db2: 'read-only, from db1', db3: 'read-only, from db1' })
  })

  it('is refused, with nothing changed, when a replica is ill, the primary not lost, or the server none of these', async () => {
    await query('db3', 'STOP REPLICA')
    await expect(toServer('db2')).rejects.toThrow('replication of db3 does not run: OFF')
    await query('db3', 'START REPLICA')
    await expect(toServer('db2', { primaryLost: true })).rejects.toThrow('db1 answers: it is not lost')
    await expect(toServer('db9')).rejects.toThrow(InputError)
    expect(await roles()).toMatchObject({ db1: 'writable', db2: 'read-only, from db1' })
  })

  it('gives up, and has writes go on as before, when a transaction on the primary does not end', async () => {
    const holding = query('db1', 'LOCK TABLES shop.ledger WRITE; DO SLEEP(300)').catch(() => 'killed')
    const holder = "SELECT ID FROM performance_schema.processlist WHERE INFO = 'DO SLEEP(300)'"
    await expect.poll(() => query('db1', holder), { timeout: 20_000, interval: 200 }).toMatch(/^\d+$/)
    const { results } = await toServer('db2')
    expect(outcomes({ results })).toEqual({ db1: 'failed', db2: 'skipped', db3: 'skipped' })
    expect(results[0]?.failure).toMatchObject({
      message: expect.stringContaining('ERROR 1205'),
      hint: 'db1 is the primary again, as before',
    })
    await query('db1', `KILL ${await query('db1', holder)}`)
    expect(await holding).toBe('killed')
    expect(await roles()).toEqual({ db1: 'writable', db2: 'read-only, from db1', db3: 'read-only, from db1' })
    await query('db1', 'INSERT IGNORE INTO shop.ledger VALUES (1)')
    expect(outcomes(await provision())).toEqual({ db1: 'ok', db2: 'ok', db3: 'ok' })
  })

  it('replaces a primary that is gone by the one that has most; when it is back it becomes a replica', async () => {
    await query('db2', 'STOP REPLICA IO_THREAD')
    await query('db1', 'INSERT INTO shop.ledger VALUES (77)')
    await expect
      .poll(() => query('db3', 'SELECT id FROM shop.ledger WHERE id = 77'), { timeout: 20_000, interval: 300 })
      .toBe('77')
    await host('db1').kill()
    const behind = await toServer('db2', { primaryLost: true })
    expect(behind.results[1]?.failure).toMatchObject({ code: 'preflight', hint: 'use --to db3' })
    expect(await query('db2', 'SELECT @@super_read_only')).toBe('1')
    const { results } = await toServer('db3', { primaryLost: true })
    expect(outcomes({ results })).toEqual({ db1: 'ok', db2: 'changed', db3: 'changed' })
    await expect
      .poll(() => query('db2', 'SELECT id FROM shop.ledger WHERE id = 77'), { timeout: 20_000, interval: 300 })
      .toBe('77')
    await host('db1').start()
    await expect.poll(() => query('db1', 'SELECT 1').catch(() => ''), { timeout: 60_000, interval: 300 }).toBe('1')
    expect(await query('db1', 'SELECT @@super_read_only')).toBe('1')
    expect(outcomes(await provision())).toMatchObject({ db1: 'changed', db3: 'ok' })
    expect(await roles()).toEqual({ db1: 'read-only, from db3', db2: 'read-only, from db3', db3: 'writable' })
  })
})
