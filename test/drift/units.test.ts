import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { TARGET } from '../../src/host/target.ts'

const unit = readFileSync(fileURLToPath(new URL('../../systemd/provision-drift@.service', import.meta.url)), 'utf8')
const valuesOf = (name: string) =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].flatMap(([, value = '']) => value.split(' '))

it("what the unit keeps lies apart from what a host keeps: systemd would give root's folder to the user that looks", () => {
  const [state, cache] = [valuesOf('StateDirectory'), valuesOf('CacheDirectory')]
  expect([state, cache]).toEqual([['provision-drift'], ['provision-drift']])
  expect(`/var/lib/${state[0]}/`).not.toContain(`${TARGET.stateDir}/`)
  expect(valuesOf('Environment')).toEqual(
    expect.arrayContaining([`XDG_STATE_HOME=%S/${state[0]}`, `XDG_CACHE_HOME=%C/${cache[0]}`]),
  )
})

it('the metrics are written where the unit may write, and drift is no failure of it', () => {
  const [, textfile = ''] = /--textfile (\S+)/.exec(unit) ?? []
  const [may = ''] = valuesOf('ReadWritePaths')
  expect(textfile.startsWith(`${may.replace(/^-/, '')}/`)).toBe(true)
  expect(valuesOf('SuccessExitStatus')).toEqual(['2'])
})
