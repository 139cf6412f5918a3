import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { templateKind } from '../../src/resources/_template.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { rawScript } from '../../src/shell/script.ts'
import { scriptOf } from './answers.ts'
import { fileName, text } from './arbitrary.ts'
import { converge, plan, scratch } from './converge.ts'

/** The kind with its place moved, so that its real scripts run on this machine. */
const movedTo = <D, A>(kind: ResourceKind<D, A>, dir: string): ResourceKind<D, A> => {
  const move = ({ sh }: { sh: string }) => rawScript(sh.replaceAll('/etc/provision-template', dir))
  return { ...kind, probe: (all) => move(scriptOf(kind, all)), apply: (changes) => move(kind.apply(changes)) }
}

describe('_template', () => {
  test('is made, changed, left alone, removed', () => {
    const kind = movedTo(templateKind, scratch())
    expect(converge(kind, [{ name: 'a', value: '1' }])).toMatchObject([{ action: 'create' }])
    expect(converge(kind, [{ name: 'a', value: '2' }])).toMatchObject([{ action: 'update' }])
    expect(plan(kind, [{ name: 'a', value: '2' }])).toEqual([])
    expect(converge(kind, [{ name: 'a', value: '', state: 'absent' }])).toMatchObject([{ action: 'delete' }])
    expect(plan(kind, [{ name: 'a', value: '', state: 'absent' }])).toEqual([])
  })

  test('property: any name and value converge', () => {
    fc.assert(
      fc.property(fileName, text, (name, value) => {
        const kind = movedTo(templateKind, scratch())
        expect(converge(kind, [{ name, value }])).toHaveLength(1)
        expect(plan(kind, [{ name, value }])).toEqual([])
      }),
      { numRuns: 15 },
    )
  }, 60_000)
})
