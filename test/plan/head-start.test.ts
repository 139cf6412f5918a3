import { describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { readApart } from '../../src/observe/batch.ts'
import { headStart } from '../../src/plan/head-start.ts'
import { planHost } from '../../src/plan/planner.ts'
import { kindQuestions } from '../../src/plan/questions.ts'
import type { Handler } from '../../src/resources/resource.ts'
import type { Answer } from '../../src/shell/frame.ts'
import { EMPTY, rawScript } from '../../src/shell/script.ts'
import { compiled, type Desired, lineKind } from './kinds.ts'

const line = lineKind('line')
/** A service, as far as a rollout looks at one. */
const unit = lineKind('unit', {
  diff: (desired: Desired, actual) =>
    actual === desired.value
      ? undefined
      : { action: 'update', desired, actual, fields: [{ field: 'state', to: desired.value }] },
})
/** The firewall: rules of all roles have the place of the first. */
const rule = lineKind('rule', {
  batch: true,
  groupTogether: true,
  autoRevert: () => ({ snapshot: EMPTY, restore: EMPTY }),
})
const reload: Handler = { id: 'reload base', script: rawScript('reload') }
const both: Handler = { id: 'restart all', script: rawScript('restart') }

const standalone = (resource: CompiledResource): CompiledResource => ({ ...resource, standalone: true })
const RESOURCES = [
  standalone(compiled(line, 'base', '1', [reload, both])),
  standalone(compiled(rule, 'ssh', 'allow')),
  // Of a role that may need others.
  compiled(rule, 'web', 'allow'),
  compiled(line, 'site', '1', [both]),
  standalone(compiled(line, 'late', '1')),
  compiled(unit, 'web', 'started'),
]

function plan(
  bodies: Readonly<Record<string, string>>,
  state: { pendingHandlers?: string[]; drained?: string[] } = {},
  resources = RESOURCES,
) {
  const frames = Object.entries(bodies).map(([id, body]): [string, Answer] => [id, { id, status: 0, body }])
  return planHost({
    ...{ host: 'h', tier: 't', resources },
    rollouts: [{ role: 'web', disruptive: [], requiredServices: ['unit:web'] }],
    observed: readApart(kindQuestions(resources), new Map(frames)),
    state: { pendingHandlers: [], generation: 'g', ...state },
  })
}
const NEW = { line: '', rule: '', unit: 'web=stopped' }
const keysOf = (planned: ReturnType<typeof headStart>) =>
  planned?.segments.map(({ steps }) => steps.flat().map(({ resource }) => resource.key))

describe('the head start of a host', () => {
  it('takes of neighbours that are one transaction only those whose roles need no other host', () => {
    const apt = lineKind('apt', { batch: true })
    const resources = [
      standalone(compiled(apt, 'curl', '1')),
      compiled(apt, 'nginx', '1'),
      standalone(compiled(apt, 'late', '1')),
    ]
    const planned = plan({ apt: '', unit: 'web=stopped' }, {}, [...resources, compiled(unit, 'web', 'started')])
    expect(planned.segments.map(({ steps }) => steps.length)).toEqual([2])
    expect(keysOf(headStart(planned))).toEqual([['apt:curl']])
  })

  it('is what comes first and needs no other host, in its segments; a kind that gathers goes whole', () => {
    const part = headStart(plan(NEW))
    expect(keysOf(part)).toEqual([['line:base'], ['rule:ssh', 'rule:web']])
    expect(part?.plan.items.map(({ key }) => key)).toEqual(['line:base', 'rule:ssh', 'rule:web'])
    expect(part?.openEnded).toBe(false)
  })

  it('runs the handlers that nothing else calls for', () => {
    expect(headStart(plan(NEW))?.handlers).toEqual([reload])
  })

  it.each([
    ['serves somebody', plan({ ...NEW, unit: 'web=started' })],
    ['is left drained by an earlier run', plan(NEW, { drained: ['web'] })],
    ['is owed a handler by an earlier run', plan(NEW, { pendingHandlers: ['reload base'] })],
    ['has nothing that comes first', plan({ ...NEW, line: 'base=1\nlate=1', rule: 'ssh=allow\nweb=allow' })],
  ])('is none where it %s', (_, planned) => {
    expect(headStart(planned)).toBeUndefined()
  })
})
