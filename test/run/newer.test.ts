import { describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { planHost } from '../../src/plan/planner.ts'
import { type Package, packageKind } from '../../src/resources/package/package.ts'
import { hasNewer, upgradable, upgradeNotes } from '../../src/run/newer.ts'
import { own } from '../resources/answers.ts'

const compiled = (desired: Package): CompiledResource => ({
  key: `package:${desired.name}`,
  kind: packageKind,
  role: 'r',
  desired,
  notify: [],
})

/** A host with jq 1.6 whose lists have `candidate`, and without curl. */
const planned = (desired: readonly Package[], candidate: string) => {
  const { resources, plain } = upgradable(desired.map(compiled))
  const policy = (name: string, installed: string, best: string) =>
    `${name}:\n  Installed: ${installed}\n  Candidate: ${best}\n  Version table:\n     ${best} 500\n`
  const body = [
    'native\tamd64',
    'have\tjq\tamd64\tii \t1.6',
    'lists\tfresh',
    policy('jq', '1.6', candidate),
    policy('curl', '(none)', '8'),
  ].join('\n')
  const observed = new Map([['package', { answers: own(body) }]])
  const plan = planHost({ host: 'a', tier: 't', resources, observed, state: { pendingHandlers: [], generation: '' } })
  return hasNewer(plan, plain)
}

describe('C57: whether an upgrade finds anything newer', () => {
  it('C57: is so where it changes what a plain run would leave', () => {
    expect(planned([{ name: 'jq' }], '1.7')).toBe(true)
    expect(planned([{ name: 'jq', version: '1.*' }], '1.7')).toBe(true)
  })

  it('C57: is not so where nothing changes, or what a plain run changes too', () => {
    expect(planned([{ name: 'jq' }], '1.6')).toBe(false)
    expect(planned([{ name: 'jq' }, { name: 'curl' }], '1.6')).toBe(false)
    expect(planned([{ name: 'jq', version: '1.7' }], '1.7')).toBe(false)
  })

  it('C57: is not known of a host that was not planned', () => {
    expect(hasNewer(undefined, new Map())).toBeUndefined()
  })
})

describe('C57: the note', () => {
  const host = (name: string, newer: boolean | undefined, changes = false) => ({ host: name, newer, changes })

  it('C57: says that nothing is newer, and whose the rest is', () => {
    expect(upgradeNotes([host('a', false), host('b', false)])).toEqual([
      'nothing newer: every package is the newest that the roles allow',
    ])
    expect(upgradeNotes([host('a', false, true), host('b', true, true)])).toEqual([
      'nothing newer on a: every package is the newest that the roles allow; what is planned there, a plain run does too',
    ])
  })

  it('C57: is silent where something is newer, or nobody knows', () => {
    expect(upgradeNotes([host('a', true), host('b', undefined)])).toEqual([])
  })
})
