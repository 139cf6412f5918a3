import { describe, expect, test } from 'vitest'
import type { Event } from '../../../src/execute/events.ts'
import { type RollingBed, TIERS } from './bed.ts'

const begins = (host: string, key: string) => (event: Event) =>
  event.type === 'step-started' && event.host === host && event.key.startsWith(key)

export function accidents(bed: RollingBed): void {
  describe('the program is killed: no request fails, and the next run ends with all in service', () => {
    test.each([
      ['a web server is drained', 'drain:', ['web2', 'web3'], 'nginx'],
      ['an application is out and is restarted', 'handler:restart', ['app2', 'app3'], 'notes'],
      ['an application is at its gate', 'gate:', ['app1', 'app2'], 'notes'],
      ['a load balancer has given its addresses away', 'drain:the other load balancer', TIERS.lb, 'haproxy'],
    ] as const)('while %s', async (_, step, hosts, unit) => {
      const [host] = hosts
      await Promise.all(hosts.map((name) => bed.owes(name, unit)))
      const { failures } = await bed.underLoad(async () => {
        const running = bed.start([])
        await running.until(begins(host, step))
        running.kill('SIGKILL')
        await running.done
        expect(await bed.marked()).toEqual([host])
        await bed.endLease(host)
        const next = await bed.run()
        expect(next.status, next.stdout.slice(-3000)).toBe(0)
        for (const name of hosts) expect(next.result(name)).toMatchObject({ outcome: 'changed', putBack: true })
      }, 1)
      expect(failures).toEqual([])
      await bed.allBack()
    })
  })

  describe('under load', () => {
    test('a load balancer loses its power while a web server is drained: the tier stops, the next run goes on', async () => {
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
      expect(value.result('web2').outcome).not.toBe('changed')
      // What an address that moves cuts off, whoever drains meanwhile; nothing after that.
      expect(failures.filter(({ at }) => at < power.from || at > power.to)).toEqual([])
      await bed.host('lb2').start()
      const next = await bed.underLoad(() => bed.run(), 1)
      expect(next.value.status, next.value.stdout.slice(-3000)).toBe(0)
      expect(next.failures).toEqual([])
      await bed.allBack()
    })

    test('a web server loses its power while it is drained: it stays out, and the next run puts it back', async () => {
      await bed.owes('web2', 'nginx')
      const { value, failures } = await bed.underLoad(async () => {
        const running = bed.start(['--limit', 'web2'])
        await running.until(begins('web2', 'handler:restart nginx'))
        await bed.host('web2').kill()
        return running.done
      })
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
