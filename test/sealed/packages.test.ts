import { expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { planHost } from '../../src/plan/planner.ts'
import { packageKind } from '../../src/resources/package/package.ts'
import { upgradable } from '../../src/run/newer.ts'
import { movedSinceSealed } from '../../src/sealed/moved.ts'
import { sealHost } from '../../src/sealed/seal-host.ts'
import { own } from '../resources/answers.ts'

/** What apt knows, and when it looked last. */
interface Lists {
  readonly candidate: string
  readonly lists?: 'fresh' | 'stale'
  /** Of jq. */
  readonly installed?: string
}

/** `provision upgrade` of a host with jq, and without curl. */
function planOf({ candidate, lists = 'fresh', installed = '1.6' }: Lists) {
  const compiled = ['jq', 'curl'].map(
    (name): CompiledResource => ({
      ...{ key: `package:${name}`, role: 'r' },
      kind: packageKind,
      desired: { name },
      notify: [],
    }),
  )
  const { resources } = upgradable(compiled)
  const policy = (name: string, has: string, best: string) =>
    `${name}:\n  Installed: ${has}\n  Candidate: ${best}\n  Version table:\n     ${best} 500\n`
  const body = [
    'native\tamd64',
    `have\tjq\tamd64\tii \t${installed}`,
    `lists\t${lists}`,
    policy('jq', installed, candidate),
    policy('curl', '(none)', '8'),
  ].join('\n')
  const state = { pendingHandlers: [], generation: '' }
  const observed = new Map([['package', { answers: own(body) }]])
  const planned = planHost({ host: 'web1', tier: 'web', resources, observed, state })
  return { planned, seal: sealHost('plan', '00', planned, resources) }
}

function movedBetween(then: Lists, now: Lists): string[] {
  const [sealed, anew] = [planOf(then), planOf(now)]
  const about = { sealed: sealed.seal, shown: sealed.planned.plan, changed: [], begun: false }
  return movedSinceSealed({ ...about, anew: anew.planned, seal: anew.seal })
}

it('a newer version than the one that was shown is not within the plan', () => {
  expect(movedBetween({ candidate: '1.7' }, { candidate: '1.7' })).toEqual([])
  expect(movedBetween({ candidate: '1.7' }, { candidate: '1.8' })).toEqual([
    'package:jq has changed on the host (version was to be 1.7, and now 1.8)',
  ])
})

it('a day later what is installed is the same package, however old the lists are by then', () => {
  const [then, now] = [{ candidate: '1.7' }, { candidate: '1.7', lists: 'stale' }] as const
  // Nobody knows any more what an upgrade brings.
  expect(movedBetween(then, now)).toEqual(['the state of package:jq is not known any more'])
  expect(movedBetween({ ...then, installed: '1.7' }, { ...then, installed: '1.7' })).toEqual([])
})

it('what was shown as known after apt update may be any version', () => {
  const then = { candidate: '1.6', lists: 'stale' } as const
  expect(movedBetween(then, { candidate: '1.8' })).toEqual([])
  expect(movedBetween(then, { candidate: '1.6' })).toEqual([])
})
