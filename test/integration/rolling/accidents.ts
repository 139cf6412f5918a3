import { describe, expect, test } from 'vitest'
import type { Event } from '../../../src/execute/events.ts'
import type { Run } from '../provision.ts'
import { type RollingBed, TIERS } from './bed.ts'

const begins = (host: string, key: string) => (event: Event) =>
  event.type === 'step-started' && event.host === host && event.key.startsWith(key)

const expectPutBack = (run: Run, hosts: readonly string[]) => {
  for (const name of hosts) expect(run.result(name)).toMatchObject({ outcome: 'changed', putBack: true })
}

/** When it is killed, at which step of which host, who else is changed like it, and what for. */
const KILLS = [
  { when: 'an application is out and is restarted', step: 'handler:restart', hosts: ['app2', 'app3'], unit: 'notes' },
  { when: 'a web server is drained', step: 'drain:', hosts: ['web2', 'web3'], unit: 'nginx' },
  {
    when: 'a load balancer has given its addresses away',
    step: 'drain:the other load balancer',
    hosts: TIERS.lb,
    unit: 'haproxy',
  },
] as const

export function accidents(bed: RollingBed): void {
  describe('the program is killed, and the next run too, in another tier', () => {
    // At every other moment of a rollout: test/run/crash-points.test.ts.
    test(`while ${KILLS.map(({ when }) => when).join(', while ')}: no request fails, and the last run ends with all in service`, async () => {
      for (const { hosts, unit } of KILLS) await Promise.all(hosts.map((name) => bed.owes(name, unit)))
      const { failures } = await bed.underLoad(async () => {
        let killed: readonly string[] = []
        for (const { when, step, hosts } of KILLS) {
          const running = bed.start([])
          await running.until(begins(hosts[0], step))
          running.kill('SIGKILL')
          expectPutBack(await running.done, killed)
          expect(await bed.marked(), when).toEqual([hosts[0]])
          await bed.endLease(hosts[0])
          killed = hosts
        }
        const last = await bed.run()
        expect(last.status, last.stdout.slice(-3000)).toBe(0)
        expectPutBack(last, killed)
      }, 1)
      expect(failures).toEqual([])
      await bed.allBack()
    })
  })

  describe('a host loses its power while a web server is drained', () => {
    test('a load balancer: the tier stops, and nothing was changed', async () => {
      await bed.owes('web1', 'nginx')
      await bed.owes('web2', 'nginx')
      const power = { from: 0, to: 0 }
      const { value, failures } = await bed.underLoad(async () => {
        const running = bed.start(['--limit', 'web'])
        await running.until(begins('web1', 'drain:'))
        power.from = Date.now()
        await bed.host('lb2').kill()
        power.to = Date.now() + 5000
        return running.done
      }, 1)
      expect(value.status).toBe(1)
      expect(value.failure('web1').code).toBe('drain')
      expect(value.result('web1')).toMatchObject({ outcome: 'failed', drained: true, changed: [] })
      expect(value.result('web2').outcome).not.toBe('changed')
      // What an address that moves cuts off, whoever drains meanwhile; nothing after that.
      expect(failures.filter(({ at }) => at < power.from || at > power.to)).toEqual([])
      await bed.host('lb2').start()
      await bed.addressesHome()
    })

    test('the web server itself: it stays out, though the one of before is put back by the same run', async () => {
      const { value, failures } = await bed.underLoad(async () => {
        const running = bed.start([])
        await running.until(begins('web2', 'handler:restart nginx'))
        await bed.host('web2').kill()
        return running.done
      })
      expectPutBack(value, ['web1'])
      expect(value.result('web2')).toMatchObject({ outcome: 'failed', drained: true })
      expect(failures).toEqual([])
      await bed.host('web2').start()
      const next = await bed.underLoad(() => bed.run())
      expect(next.value.status, next.value.stdout.slice(-3000)).toBe(0)
      expect(next.failures).toEqual([])
      await bed.allWell()
    })
  })
}
