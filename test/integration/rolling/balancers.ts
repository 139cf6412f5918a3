import { describe, expect, it } from 'vitest'
import { type RollingBed, TIERS } from './bed.ts'

const version = (pkg: string) => `dpkg-query -W -f '\${Version}' ${pkg}`

export function balancers(bed: RollingBed): void {
  describe('an upgrade of all tiers', () => {
    it('goes over web servers and load balancers: a client sends a GET again once at most', async () => {
      await Promise.all(TIERS.web.map((name) => bed.offersNewer(name, 'nginx')))
      await Promise.all(TIERS.lb.map((name) => bed.offersNewer(name, 'haproxy')))
      await Promise.all(TIERS.lb.map((name) => bed.owes(name, 'keepalived')))
      // What somebody put into maintenance on one of them still is, whatever is restarted.
      await bed.runtime('lb1', 'set server web/web3 state maint')
      const { value, sent, retried, failures } = await bed.underLoad(() => bed.command('upgrade'), 1)
      expect(value.status, value.stdout).toBe(0)
      const began = value.events.flatMap((event) => (event.type === 'tier-started' ? [event.tier] : []))
      expect(began).toEqual(['web', 'lb'])
      for (const name of [...TIERS.web, ...TIERS.lb]) {
        expect(value.result(name)).toMatchObject({ outcome: 'changed', putBack: true })
        const pkg = name.startsWith('web') ? 'nginx' : 'haproxy'
        expect(await bed.on(name, version(pkg))).toMatch(/\+lab1$/)
      }
      expect(await bed.adminStates()).toEqual(['001', '000'])
      await bed.runtime('lb1', 'set server web/web3 state ready')
      expect(failures).toEqual([])
      // Connections on the way while an address moves, and no others.
      expect(retried).toBeLessThan(Math.max(12, sent / 100))
      await bed.allWell()
      const again = await bed.command('upgrade')
      expect(again.events.filter(({ type }) => type === 'tier-started')).toEqual([])
    })
  })
}
