import { describe, expect, it } from 'vitest'
import { until } from '../until.ts'
import { type RollingBed, TIERS } from './bed.ts'

export function webServers(bed: RollingBed): void {
  describe('web servers behind two load balancers', () => {
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
      await bed.allBack()
    })
  })
}
