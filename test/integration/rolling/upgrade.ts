import { beforeAll, describe, expect, it } from 'vitest'
import type { Run } from '../provision.ts'
import { type RollingBed, type Seen, TIERS } from './bed.ts'

const version = (pkg: string) => `dpkg-query -W -f '\${Version}' ${pkg}`

/** All that can be new at once, in one run: a release, a configuration, packages, restarts that are pending. */
export function upgrade(bed: RollingBed): void {
  const startedAt = () =>
    Promise.all(TIERS.web.map((name) => bed.on(name, 'systemctl show -p InvocationID --value nginx')))

  describe('an upgrade of all tiers', () => {
    let seen: Seen<Run>
    let before: readonly string[]
    /** Milliseconds since the epoch. */
    let balancersBegan: number

    beforeAll(async () => {
      await bed.release('2')
      bed.given('web', { nginx_headers: { 'X-Rolled': 'yes' } })
      await Promise.all(TIERS.web.map((name) => bed.offersNewer(name, 'nginx')))
      await Promise.all(TIERS.lb.map((name) => bed.offersNewer(name, 'haproxy')))
      await Promise.all(TIERS.lb.map((name) => bed.owes(name, 'keepalived')))
      await bed.runtime('lb1', 'set server web/web3 state maint')
      before = await startedAt()
      seen = await bed.underLoad(async () => {
        const running = bed.start([], { command: 'upgrade' })
        await running.until((event) => event.type === 'tier-started' && event.tier === 'lb')
        balancersBegan = Date.now()
        return running.done
      }, 1)
      expect(seen.value.status, seen.value.stdout.slice(-3000)).toBe(0)
    })

    it('takes one tier after the other', () => {
      const began = seen.value.events.flatMap((event) => (event.type === 'tier-started' ? [event.tier] : []))
      expect(began).toEqual(['app', 'web', 'lb'])
      for (const name of Object.values(TIERS).flat())
        expect(seen.value.result(name)).toMatchObject({ outcome: 'changed', putBack: true })
    })

    it('a release goes over three application servers, a configuration and a package over three web servers: no request fails', async () => {
      expect(seen.retried.filter((at) => at < balancersBegan)).toEqual([])
      expect(seen.failures).toEqual([])
      expect(seen.sent).toBeGreaterThan(300)
      expect(await bed.versions()).toEqual(TIERS.app.map(() => '2'))
      expect((await fetch(bed.url)).headers.get('x-rolled')).toBe('yes')
      const after = await startedAt()
      for (const [i, id] of after.entries()) expect(id).not.toBe(before[i])
      for (const name of TIERS.web) expect(await bed.on(name, version('nginx'))).toMatch(/\+lab1$/)
    })

    it('then over the load balancers: a client sends a GET again once at most', async () => {
      // Connections on the way while an address moves, and no others.
      expect(seen.retried.length).toBeLessThan(Math.max(12, seen.sent / 100))
      for (const name of TIERS.lb) expect(await bed.on(name, version('haproxy'))).toMatch(/\+lab1$/)
    })

    it('a server that somebody put into maintenance stays there, whatever is restarted', async () => {
      expect(await bed.adminStates()).toEqual(['001', '000'])
      await bed.runtime('lb1', 'set server web/web3 state ready')
      await bed.allBack()
    })

    it('leaves nothing to upgrade', async () => {
      const again = await bed.command('upgrade')
      expect(again.status).toBe(0)
      expect(again.events.filter(({ type }) => type === 'tier-started')).toEqual([])
    })
  })
}
