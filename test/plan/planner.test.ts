import { describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { ProvisionError } from '../../src/errors.ts'
import { readApart } from '../../src/observe/batch.ts'
import { hasWork, isTelling } from '../../src/plan/host-plan.ts'
import { planHost } from '../../src/plan/planner.ts'
import { kindQuestions } from '../../src/plan/questions.ts'
import type { Handler } from '../../src/resources/resource.ts'
import type { Answer } from '../../src/shell/frame.ts'
import { EMPTY, rawScript } from '../../src/shell/script.ts'
import { compiled, lineKind } from './kinds.ts'

const plain = lineKind('plain')
const batch = lineKind('batch', { batch: true })
const risky = lineKind('risky', {
  batch: true,
  autoRevert: (changes) =>
    changes.some(({ desired }) => desired.value === 'deny') ? { snapshot: EMPTY, restore: EMPTY } : undefined,
})
const reload: Handler = { id: 'reload x', script: rawScript('reload') }
const restart: Handler = { id: 'restart x', script: rawScript('restart'), supersedes: ['reload x'] }

const plan = (
  resources: readonly CompiledResource[],
  bodies: Readonly<Record<string, string | number>>,
  pending: readonly string[] = [],
) => {
  const frames = Object.entries(bodies).map(([id, body]): [string, Answer] => [
    id,
    typeof body === 'string' ? { id, status: 0, body } : { id, status: body, body: '' },
  ])
  const observed = readApart(kindQuestions(resources), new Map(frames))
  return planHost({ host: 'h', tier: 't', resources, observed, state: { pendingHandlers: pending, generation: 'g' } })
}
const steps = (planned: ReturnType<typeof plan>) =>
  planned.segments.map((segment) => segment.steps.map((step) => step.map(({ resource }) => resource.key).join('+')))

describe('planHost', () => {
  it('plans nothing for a host that is as declared', () => {
    const planned = plan([compiled(plain, 'a', '1')], { plain: 'a=1' })
    expect(planned.plan.items.map((item) => item.action)).toEqual(['none'])
    expect(hasWork(planned.plan)).toBe(false)
    expect(planned.segments).toEqual([])
  })

  it('keeps the declared order and makes neighbours of a transactional kind one step', () => {
    const planned = plan(
      [compiled(plain, 'a', '1'), compiled(batch, 'b', '1'), compiled(batch, 'c', '1'), compiled(plain, 'd', '1')],
      { plain: '', batch: '' },
    )
    expect(steps(planned)).toEqual([['plain:a', 'batch:b+batch:c', 'plain:d']])
  })

  it('cuts at a state that is known only later, and plans nothing after it', () => {
    const planned = plan([compiled(plain, 'a', '1'), compiled(batch, 'b', '1'), compiled(plain, 'c', '1')], {
      plain: '',
      batch: 'b=?',
    })
    expect(planned.openEnded).toBe(true)
    expect(steps(planned)).toEqual([['plain:a']])
    expect(planned.plan.items.map(({ action, segment }) => [action, segment])).toEqual([
      ['create', 0],
      ['unknown', 1],
      ['create', 1],
    ])
  })

  it('tells a change that a kind refuses at its own resource, and the others as they are', () => {
    const choosy = lineKind('choosy', {
      diff: ({ name, value }, actual) => {
        if (name === 'b') throw new ProvisionError('b is masked', { code: 'input', hint: 'unmask it' })
        return plain.diff({ name, value }, actual)
      },
    })
    const { items } = plan([compiled(choosy, 'a', '1'), compiled(choosy, 'b', '1')], { choosy: 'a=1' }).plan
    expect(items).toMatchObject([{ action: 'none' }, { action: 'unknown', problem: 'b is masked', hint: 'unmask it' }])
    expect(items[0]).not.toHaveProperty('problem')
  })

  it('carries what a kind has to say of a resource, also where nothing differs', () => {
    const talkative = lineKind('talkative', {
      notes: ({ name }) => (name === 'b' ? [] : [`another file sets ${name}`]),
    })
    const planned = plan([compiled(talkative, 'a', '1'), compiled(talkative, 'b', '1')], { talkative: 'a=1\nb=1' })
    expect(planned.plan.items).toMatchObject([{ action: 'none', notes: ['another file sets a'] }, { action: 'none' }])
    expect([hasWork(planned.plan), isTelling(planned.plan)]).toEqual([false, true])
  })

  it('shows what is known only later in full, as on a host that has nothing of it', () => {
    const planned = plan([compiled(plain, 'a', '1', [reload])], { plain: 'a=?' })
    expect(planned.plan.items).toMatchObject([
      { action: 'unknown', fields: [{ field: 'value', from: undefined, to: '1' }], notify: [] },
    ])
  })

  it('knows which plans rest on other hosts: those that change something of such a kind', () => {
    const group = lineKind('group', { replanBeforeApply: true })
    expect(plan([compiled(group, 'a', '1')], { group: 'a=1' }).replanBeforeApply).toBe(false)
    expect(plan([compiled(group, 'a', '1')], { group: 'a=2' }).replanBeforeApply).toBe(true)
    expect(plan([compiled(plain, 'a', '1')], { plain: 'a=2' }).replanBeforeApply).toBe(false)
  })

  it('gives a change that can cut access a segment of its own, with all of its transaction', () => {
    const planned = plan(
      [
        compiled(plain, 'a', '1'),
        compiled(risky, 'r', 'allow'),
        compiled(risky, 's', 'deny'),
        compiled(plain, 'b', '1'),
      ],
      { plain: '', risky: '' },
    )
    expect(steps(planned)).toEqual([['plain:a'], ['risky:r+risky:s'], ['plain:b']])
    expect(planned.segments.map((segment) => segment.autoRevert !== undefined)).toEqual([false, true, false])
  })

  it('needs no auto-revert for a harmless change of a kind that has one', () => {
    const planned = plan([compiled(risky, 'r', 'allow'), compiled(plain, 'b', '1')], { plain: '', risky: '' })
    expect(steps(planned)).toEqual([['risky:r', 'plain:b']])
  })

  it('names the cause of each handler and lets a restart pay the reload', () => {
    const resources = [compiled(plain, 'a', '1', [reload]), compiled(plain, 'b', '1', [restart])]
    expect(plan(resources, { plain: 'b=1' }).plan.handlers).toEqual([
      { id: 'reload x', because: ['plain:a'], pending: false },
    ])
    expect(plan(resources, { plain: '' }).plan.handlers.map(({ id }) => id)).toEqual(['restart x'])
  })

  it('pays what an earlier run left owing, though nothing else changes', () => {
    const planned = plan([compiled(plain, 'a', '1', [reload])], { plain: 'a=1' }, ['reload x'])
    expect(planned.plan.handlers).toEqual([{ id: 'reload x', because: [], pending: true }])
    expect(hasWork(planned.plan)).toBe(true)
  })

  it.each([
    ['failed', { plain: 'a=1', batch: 3 }, /status 3/],
    ['hung', { plain: 'a=1', batch: 124 }, /hung/],
    ['is missing', { plain: 'a=1' }, /no answer/],
  ])('marks only the kind whose probe %s', (_, bodies, why) => {
    const planned = plan([compiled(plain, 'a', '1'), compiled(batch, 'b', '1')], bodies)
    expect(planned.plan.items[0]?.problem).toBeUndefined()
    expect(planned.plan.items[1]?.problem).toMatch(why)
  })

  it('is frozen, plain data', () => {
    const { plan: data } = plan([compiled(plain, 'a', '1', [reload])], { plain: '' })
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
    expect(() => Object.assign(data.items[0] ?? {}, { action: 'none' })).toThrow(TypeError)
  })

  it('knows a host on which others depend by its state, as declared or not', () => {
    const led = lineKind('led', { isPrimary: (value) => value === 'primary' })
    const isPrimary = (value: string) => plan([compiled(led, 'a', 'primary')], { led: `a=${value}` }).isPrimary
    expect(['primary', 'replica', '?'].map(isPrimary)).toEqual([true, false, false])
    expect(plan([compiled(led, 'a', '1')], { led: 'a=primary' })).toMatchObject({ isPrimary: true, openEnded: false })
    expect(plan([compiled(led, 'a', '1')], { led: '' }).isPrimary).toBe(false)
  })
})
