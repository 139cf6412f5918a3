import { expect, it } from 'vitest'
import type { HostPlan, PlannedItem } from '../../../src/plan/host-plan.ts'
import { paint } from '../../../src/render/format/line.ts'
import { reportLines } from '../../../src/render/format/report.ts'

/** A plan whose texts count how often they are looked at. */
const counting = () => {
  let reads = 0
  const item = (host: number, name: string): PlannedItem => {
    const own = name === 'own' ? `+address = 10.0.${host >> 8}.${host & 255}` : '+the same'
    const diffs = [{ name, hunks: [{ oldStart: 0, oldLines: 0, newStart: 1, newLines: 2, lines: ['+first', own] }] }]
    return {
      ...{ key: `file:${name}`, kind: 'file', role: 'r', segment: 0, notify: [] },
      action: 'create',
      fields: [],
      get diffs() {
        reads += 1
        return diffs
      },
    }
  }
  return { item, reads: () => reads }
}

it('what putting 5,000 hosts together costs goes by the texts that differ: each of the others is looked at once', () => {
  const HOSTS = 5000
  const SAME = ['a', 'b', 'c', 'd']
  const { item, reads } = counting()
  const hosts = Array.from({ length: HOSTS }, (_, i) => ({ name: `h${i}`, tier: 'web' }))
  const plans = new Map(
    hosts.map(({ name, tier }, i): [string, HostPlan] => [
      name,
      { host: name, tier, items: [...SAME, 'own'].map((thing) => item(i, thing)), handlers: [] },
    ]),
  )
  const before = reads()
  const lines = reportLines({ hosts, plans, results: new Map(), tiers: [] }, { diff: true, verbosity: 0 })
  const items = HOSTS * (SAME.length + 1)
  // Once to know that it is the same; then once more, to show it, for each that differs.
  expect(reads() - before).toBeLessThanOrEqual(items + HOSTS + SAME.length)
  const text = lines.map((one) => paint(one, false)).join('\n')
  for (const { name } of [hosts[0], hosts[4999]].flatMap((host) => host ?? [])) expect(text).toContain(name)
  expect(text).toContain('10.0.19.135')
})
