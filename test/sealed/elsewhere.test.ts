import { expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { planHost } from '../../src/plan/planner.ts'
import { ufwKind } from '../../src/resources/ufw/ufw.ts'
import { movedSinceSealed } from '../../src/sealed/moved.ts'
import { sealHost } from '../../src/sealed/seal-host.ts'
import { own } from '../resources/answers.ts'
import drifted from '../resources/fixtures/ufw/drifted.ts'

/** A firewall to be changed, as a machine finds it that comes in this way. */
function planFrom(client: string, alter: (answer: string) => string = (answer) => answer) {
  const answer = [drifted.own].flat().join('\n').replace('ssh 10.83.0.1 ', `ssh ${client} `)
  const resources = drifted.desired.map(
    (desired): CompiledResource => ({
      ...{ key: `ufw:${ufwKind.key(desired)}`, role: 'r', kind: ufwKind, desired, notify: [] },
    }),
  )
  const observed = new Map([['ufw', { answers: own(alter(answer)) }]])
  const state = { pendingHandlers: [], generation: '' }
  const planned = planHost({ host: 'web1', tier: 'web', resources, observed, state })
  return { planned, seal: sealHost('plan', '00', planned, resources) }
}

it('a firewall is the same for whoever comes in by another address, and another where somebody edited it', () => {
  const laptop = planFrom('10.83.0.1')
  expect(laptop.planned.segments.length).toBeGreaterThan(0)
  const about = { sealed: laptop.seal, shown: laptop.planned.plan, changed: [], begun: false }
  const moved = ({ planned, seal }: ReturnType<typeof planFrom>) => movedSinceSealed({ ...about, anew: planned, seal })
  expect(moved(planFrom('10.83.0.9'))).toEqual([])
  const edited = planFrom('10.83.0.9', (answer) => answer.replace('set ENABLED=yes', 'set ENABLED=no'))
  expect(moved(edited).length).toBeGreaterThan(0)
})
