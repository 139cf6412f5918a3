import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { TARGET } from '../../../src/host/target.ts'
import { drainedMark, pendingMarker } from '../../../src/plan/target-state.ts'
import { load } from '../traffic.ts'
import { HOSTS, LONG, NOTHING, type Stack, TIERS } from './bed.ts'

/** What is restarted on each host of a tier: a pending restart is what a changed package leaves when a run dies. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  db: ['mysql'],
  app: ['notes'],
  web: ['nginx'],
  lb: ['haproxy', 'keepalived'],
}

interface Ledger {
  readonly acknowledged: readonly string[]
  readonly failures: readonly string[]
}

/** Notes through both addresses, one after the other through each; one that is broken off is sent again once, as itself. */
function writeNotes(vips: readonly string[]): { stop(): Promise<Ledger> } {
  const acknowledged: string[] = []
  const failures: string[] = []
  let going = true
  const post = async (url: string, key: string): Promise<string | undefined> => {
    const init = { method: 'POST', body: key, headers: { 'idempotency-key': key, connection: 'close' } }
    try {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) })
      await answer.text()
      return answer.ok ? undefined : `${key}: status ${answer.status}`
    } catch (error) {
      return `${key}: ${error}`
    }
  }
  const writer = async (vip: string) => {
    for (let n = 1; going; n += 1) {
      const key = `${vip} ${Date.now()} ${n}`
      const failure = (await post(`http://${vip}/`, key)) && (await post(`http://${vip}/`, key))
      if (failure === undefined) acknowledged.push(key)
      else failures.push(failure)
      // Each costs five programs their share of two processors; without a rest the run would have none.
      await sleep(100)
    }
  }
  const all = Promise.all(vips.map(writer))
  return {
    async stop() {
      going = false
      await all
      return { acknowledged, failures }
    },
  }
}

export function upgrade(bed: Stack): void {
  describe('every tier is rolled by one command, under load on both floating addresses', () => {
    const startsOf = (host: string, units: readonly string[]) =>
      bed.on(host, `systemctl show -p InvocationID --value ${units.join(' ')}`)
    const restarted = Object.entries(TIERS).flatMap(([tier, hosts]) =>
      hosts.flatMap((host) => (UNITS[tier] ? [{ host, units: UNITS[tier] }] : [])),
    )

    test(
      'databases, the writes moved in between, then applications, web servers and load balancers: nothing is lost',
      async () => {
        for (const { host, units } of restarted) {
          const markers = units.map((unit) => `'${pendingMarker(`restart ${unit}`, TARGET.stateDir)}'`).join(' ')
          await bed.on(host, `mkdir -p /var/lib/provision/pending; touch ${markers}`)
        }
        const before = await Promise.all(restarted.map(({ host, units }) => startsOf(host, units)))
        const reads = load(
          bed.vips.map((vip) => `http://${vip}/`),
          { rate: 10, retries: 1 },
        )
        const notes = writeNotes(bed.vips)
        const run = await bed.run('--switchover-to', 'db2')
        const { acknowledged, failures } = await notes.stop()
        const seen = await reads.stop()

        expect(run.failures()).toEqual([])
        expect(run.status).toBe(0)
        const tiers = run.events.flatMap((event) => (event.type === 'tier-started' ? [event.tier] : []))
        expect(tiers).toEqual(['db', 'app', 'web', 'lb'])
        const after = await Promise.all(restarted.map(({ host, units }) => startsOf(host, units)))
        for (const [i, { host }] of restarted.entries()) {
          expect(run.result(host), host).toMatchObject({ outcome: 'changed' })
          expect(after[i], host).not.toBe(before[i])
        }
        expect(seen.failures).toEqual([])
        expect(seen.sent.length).toBeGreaterThan(500)
        expect(failures).toEqual([])
        expect(acknowledged.length).toBeGreaterThan(100)
        for (const name of TIERS.db) {
          const rows = new Set((await bed.on(name, "mysql -NB shop -e 'SELECT request FROM notes'")).split('\n'))
          expect(
            acknowledged.filter((key) => !rows.has(key)),
            name,
          ).toEqual([])
        }
      },
      LONG,
    )

    test('after it every host is in service, the writes are where they were moved to, and nothing is left to do', async () => {
      for (const host of HOSTS)
        expect((await bed.host(host).exec(`test -e ${drainedMark(TARGET.stateDir)}`)).code, host).toBe(1)
      const writable = TIERS.db.map((name) => bed.on(name, "mysql -NB -e 'SELECT @@super_read_only'"))
      expect((await Promise.all(writable)).map((one) => one.trim())).toEqual(['1', '0', '1'])
      const after = await bed.run()
      expect(after.failures()).toEqual([])
      expect(after.status).toBe(0)
      expect(bed.planned(after)).toEqual(NOTHING)
    })
  })
}
