import { describe, expect, it } from 'vitest'
import { until } from '../until.ts'
import { type RollingBed, TIERS } from './bed.ts'

export function webServers(bed: RollingBed): void {
  const startedAt = (name: string) => bed.on(name, 'systemctl show -p InvocationID --value nginx')

  describe('web servers behind two load balancers', () => {
    it('a configuration and a restart go over three hosts without a failed request', async () => {
      await Promise.all(TIERS.web.map((name) => bed.owes(name, 'nginx')))
      const before = await Promise.all(TIERS.web.map(startedAt))
      bed.given('web', { nginx_headers: { 'X-Rolled': 'yes' } })
      const { value, sent, failures } = await bed.underLoad(() => bed.run())
      expect(TIERS.web.map((name) => value.result(name))).toMatchObject(
        TIERS.web.map(() => ({ outcome: 'changed', putBack: true })),
      )
      const after = await Promise.all(TIERS.web.map(startedAt))
      for (const [i, id] of after.entries()) expect(id).not.toBe(before[i])
      expect(await bed.adminStates()).toEqual(['000', '000'])
      expect((await fetch(bed.url)).headers.get('x-rolled')).toBe('yes')
      expect(failures).toEqual([])
      expect(sent).toBeGreaterThan(200)
    })

    it('no server is taken out when no other is up; what is broken is mended first', async () => {
      await bed.owes('web1', 'nginx')
      await Promise.all(['web2', 'web3'].map((name) => bed.on(name, 'systemctl stop nginx')))
      await until('two servers down', 20, async () =>
        /web,web3,.*,DOWN,/.test(await bed.runtime('lb2', 'show stat web 4 -1')),
      )
      const alone = await bed.underLoad(() => bed.run('--limit', 'web1'))
      expect(alone.value.result('web1')).toMatchObject({
        outcome: 'skipped',
        failure: { message: expect.stringContaining('0 other servers of backend web are up, 1 must be') },
      })
      expect(alone.failures).toEqual([])
      const all = await bed.underLoad(() => bed.run())
      expect(TIERS.web.map((name) => all.value.result(name).outcome)).toEqual(['changed', 'changed', 'changed'])
      expect(all.failures).toEqual([])
      expect(await bed.adminStates()).toEqual(['000', '000'])
    })

    it('a server that somebody put into maintenance stays there', async () => {
      await bed.owes('web3', 'nginx')
      for (const lb of TIERS.lb) await bed.runtime(lb, 'set server web/web3 state maint')
      const { value, failures } = await bed.underLoad(() => bed.run())
      expect(value.result('web3')).toMatchObject({ outcome: 'changed' })
      expect(await bed.adminStates()).toEqual(['001', '001'])
      for (const lb of TIERS.lb) await bed.runtime(lb, 'set server web/web3 state ready')
      expect(failures).toEqual([])
      await bed.allWell()
    })
  })
}
