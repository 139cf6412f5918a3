import { describe, expect, it } from 'vitest'
import { type RollingBed, TIERS } from './bed.ts'

/** They serve release 2, and had 1 before. */
export function applications(bed: RollingBed): void {
  const all = (version: string) => TIERS.app.map(() => version)

  describe('application servers behind the web servers', () => {
    it('a release that fails its health check ends with the first host, which is back on the old one', async () => {
      await bed.release('3', 'BROKEN')
      const { value, failures } = await bed.underLoad(() => bed.run())
      expect(value.status).toBe(1)
      expect(TIERS.app.map((name) => value.result(name).outcome)).toEqual(['failed', 'skipped', 'skipped'])
      expect(value.failure('app1').log.join('\n')).toContain('release 3 does not serve: /healthz')
      expect(await bed.versions()).toEqual(all('2'))
      expect(failures).toEqual([])
      // What it served before is back, so it need not wait for the next run.
      expect(value.result('app1')).toMatchObject({ putBack: true })
      expect(value.failure('app1').hint).toBe('it is back in service with what it served before')
      await bed.release('2')
      await bed.allBack()
    })

    it('the way back loses no request either, also of the host that had failed', async () => {
      const { value, failures } = await bed.underLoad(() => bed.command('rollback', '--tier', 'app'))
      expect(value.status, value.stdout).toBe(0)
      expect(TIERS.app.map((name) => value.result(name))).toMatchObject(
        TIERS.app.map(() => ({ outcome: 'changed', putBack: true })),
      )
      expect(failures).toEqual([])
      expect(await bed.versions()).toEqual(all('1'))
      await bed.release('1')
      await bed.allBack()
    })
  })
}
