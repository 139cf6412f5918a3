import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { masked } from '../../src/masking/secret.ts'
import { askApart } from '../../src/observe/batch.ts'
import type { Change } from '../../src/resources/resource.ts'
import { joinScripts, rawScript, type Script } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'
import { answersTo, questionOf } from './answers.ts'
import type { Fixture } from './fixture.ts'

const root = fileURLToPath(new URL('fixtures/', import.meta.url))
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

const isFixture = (value: unknown): value is Fixture =>
  typeof value === 'object' && value !== null && 'kind' in value && 'actual' in value && 'changes' in value

const parses = (script: Script) => expect(dash(script, ['-n'])).toEqual({ status: 0, stdout: '', stderr: '' })

const shown = (change: Change) => ({
  action: change.action,
  fields: change.fields,
  texts: (change.texts ?? []).map(({ name, before, after, note }) => ({
    name,
    before,
    after: after === undefined ? undefined : masked(after),
    note,
  })),
})

const scriptOf = ({ kind }: Fixture, changes: readonly Change[]): Script =>
  kind.batch
    ? kind.apply(changes)
    : joinScripts(
        changes.map((change) =>
          joinScripts([rawScript(`# ${kind.kind}:${kind.key(change.desired)}`), kind.apply([change])]),
        ),
      )

describe.each(files)('%s', async (file) => {
  const module: { default?: unknown } = await import(`${root}${file}`)
  const one = module.default
  if (!isFixture(one)) throw new Error(`${file} has no fixture as its default export`)
  const keys = one.desired.map((desired) => one.kind.key(desired))

  test('the probe is sh', () => {
    parses(askApart('t', [{ id: one.kind.kind, ...questionOf(one.kind, one.desired) }]))
  })

  test('answer → actual', () => {
    const actual = one.kind.parse(answersTo(one.kind, one.desired, one), one.desired)
    expect(Object.fromEntries(actual)).toEqual(one.actual)
    expect([...actual.keys()].sort()).toEqual([...keys].sort())
  })

  test('actual → changes → script', async () => {
    const actual = one.kind.parse(answersTo(one.kind, one.desired, one), one.desired)
    const changes = one.desired.flatMap((desired) => {
      const state = actual.get(one.kind.key(desired)) ?? 'unknown'
      const change = state === 'unknown' ? undefined : one.kind.diff(desired, state)
      return change ? [change] : []
    })
    const expected = Object.entries(one.changes).map(([key, change]) => [key, { fields: [], texts: [], ...change }])
    expect(Object.fromEntries(changes.map((change) => [one.kind.key(change.desired), shown(change)]))).toEqual(
      Object.fromEntries(expected),
    )
    if (changes.length === 0) return
    const script = scriptOf(one, changes)
    parses(script)
    await expect(`${script.sh}\n`).toMatchFileSnapshot(`${root}${file.replace(/\.ts$/, '.apply.sh')}`)
  })
})
