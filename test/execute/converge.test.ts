import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { converge, notConverging } from '../../src/execute/converge.ts'
import type { HostSession } from '../../src/host/session.ts'
import { askApart, readApart } from '../../src/observe/batch.ts'
import type { PlannedItem } from '../../src/plan/host-plan.ts'
import { planHost } from '../../src/plan/planner.ts'
import { hostQuestions, STATE } from '../../src/plan/questions.ts'
import { parseTargetState } from '../../src/plan/target-state.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { joinScripts, rawScript, type Script } from '../../src/shell/script.ts'
import { spokenTo } from '../host/fake-access.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'

interface Word {
  readonly path: string
  readonly word: string
  /** sh that its change runs as well: what a package does to its unit. */
  readonly also?: string
}

const wordKind: ResourceKind<Word, { readonly word: string }> = {
  kind: 'word',
  key: ({ path }) => path,
  probe: (all) => rawScript(`tail -n +1 -v ${all.map(({ path }) => path).join(' ')} 2>/dev/null || :`),
  parse: ({ own }, all) =>
    new Map(all.map(({ path }) => [path, { word: own.split(`==> ${path} <==\n`)[1]?.split('\n')[0] ?? '' }])),
  diff: (desired, actual) => {
    if (actual !== 'absent' && actual.word === desired.word) return undefined
    return { action: 'update', desired, actual, fields: [{ field: 'word', to: desired.word }] }
  },
  apply: (changes) =>
    joinScripts(changes.map(({ desired: { path, word, also = ':' } }) => rawScript(`echo ${word} >${path}\n${also}`))),
}

/** Brings a host to what is declared, as a run does. */
function host(desired: readonly Word[]) {
  const resources = desired.map(
    (one): CompiledResource => ({ key: `word:${one.path}`, kind: wordKind, role: 'r', desired: one, notify: [] }),
  )
  const spoken = spokenTo([fake])
  const probe = async (session: HostSession, after?: Script) => {
    const questions = hostQuestions(rawScript(':'), resources, session.target.stateDir, after)
    const { answers } = await session.ask({ script: (nonce) => askApart(nonce, questions), timeoutMs: 60_000 })
    const observed = readApart(questions, answers)
    const state = parseTargetState(observed.get(STATE)?.answers?.own ?? '')
    return planHost({ host: 'a', tier: 't', resources, observed, state })
  }
  const run = async () => {
    const progress = { changed: [] as string[] }
    const session = spoken.session('a')
    const means = { probe, readArtifact: () => Promise.reject(new Error('not asked for')) }
    await converge(session, means, await probe(session), progress)
    return progress.changed
  }
  return { run, notes: spoken.notes }
}

let fake: FakeHost
let dir: string
beforeEach(() => {
  fake = fakeHost('a')
  dir = fake.root
})

describe('what a change alters beside it', () => {
  it('is put right in the same run: a unit that shall be disabled, and that its package enables', async () => {
    writeFileSync(`${dir}/unit`, 'disabled\n')
    const package_ = { path: `${dir}/package`, word: 'installed', also: `echo enabled >${dir}/unit` }
    const unit = { path: `${dir}/unit`, word: 'disabled' }
    const one = host([package_, unit])
    expect(await one.run()).toEqual([`word:${dir}/package`, `word:${dir}/unit`])
    expect(readFileSync(`${dir}/unit`, 'utf8')).toBe('disabled\n')
    expect(one.notes()).toEqual([`word:${dir}/unit: altered by another change of this run, set again`])
    expect(await one.run()).toEqual([])
    expect(existsSync(`${dir}/state/lock`)).toBe(false)
  })

  it('ends where two undo each other', async () => {
    const one = { path: `${dir}/one`, word: 'x', also: `echo undone >${dir}/two` }
    const two = { path: `${dir}/two`, word: 'y', also: `echo undone >${dir}/one` }
    writeFileSync(two.path, 'y\n')
    await expect(host([one, two]).run()).rejects.toThrow(
      expect.objectContaining({ code: 'not-converging', resource: `word:${dir}/one` }),
    )
  })
})

describe('a warning of a step', () => {
  it('C22: is told as a note of the host, and is no output', async () => {
    const one = host([{ path: `${dir}/a`, word: 'x', also: 'echo "provision: warning: look out"; echo plain' }])
    await one.run()
    expect(one.notes()).toEqual(['look out'])
  })
})

const item = (key: string, more: Partial<PlannedItem>): PlannedItem => ({
  ...{ key, kind: 'directory', role: 'site', action: 'update', segment: 0, fields: [], diffs: [], notify: [] },
  ...more,
})

it('C06: of several resources that still differ all are told, each with what differs', () => {
  const left = [
    item('directory:/srv/a', { fields: [{ field: 'mode', from: '2755', to: '0755' }] }),
    item('directory:/srv/b', { fields: [{ field: 'group', from: 'root', to: 'www-data' }] }),
    item('service:x', { problem: 'it was not probed' }),
  ]
  expect(notConverging('web1', left, ['directory:/srv/a'])).toMatchObject({
    code: 'not-converging',
    host: 'web1',
    message: 'directory:/srv/a, directory:/srv/b, service:x still differs after it was applied',
    resource: 'directory:/srv/a',
    hint: expect.stringContaining('something else on the host changes it back'),
    log: [
      'directory:/srv/a  mode: 2755 instead of 0755',
      'directory:/srv/b  group: root instead of www-data',
      'service:x  it was not probed',
    ],
  })
  expect(notConverging('web1', left, []).hint).toContain('another change of this run altered it')
})
