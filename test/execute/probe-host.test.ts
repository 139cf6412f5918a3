import { describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { probeHost } from '../../src/execute/probe-host.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { rawScript } from '../../src/shell/script.ts'
import { spokenTo } from '../host/fake-access.ts'
import { fakeHost } from '../host/fake-host.ts'

/** A kind that asks with any script and is as declared when it prints `ok`. */
const asking = (kind: string, script: string): CompiledResource => {
  const asked: ResourceKind = {
    kind,
    key: () => 'one',
    probe: () => rawScript(script),
    parse: ({ own }) => new Map([['one', own]]),
    diff: (_, actual) => (actual === 'ok' ? undefined : { action: 'update', desired: 0, actual, fields: [] }),
    apply: () => rawScript(':'),
  }
  return { key: `${kind}:one`, role: 'test', kind: asked, desired: 0, notify: [] }
}

/** A kind that asks for the hash of a file first. */
function asksFor(kind: string, path: string): CompiledResource {
  const one = asking(kind, '')
  const files = [{ path, sha256: 'a'.repeat(64), wantContent: false }]
  const asked: ResourceKind = {
    ...one.kind,
    reads: () => ({ files }),
    probe: () => rawScript('echo ok'),
    parse: ({ files: found, own }) => new Map([['one', found.get(path) !== 'absent' && own === 'ok' ? 'ok' : 'no']]),
  }
  return { ...one, kind: asked }
}

/** Probes this machine, with the shell that hosts have. */
async function probed(resources: readonly CompiledResource[], asHost = (script: string) => script) {
  const host = fakeHost('here')
  const connect = async () => {
    const connection = await host.connect()
    return { ...connection, exec: (script: string) => connection.exec(asHost(script)) }
  }
  const input = {
    session: spokenTo([host], { connect }).session('here'),
    tier: 'all',
    factsProbe: rawScript('echo here'),
    parseFacts: (answer: string) => answer,
    compile: () => ({ resources, rollouts: [] }),
  }
  const { planned } = await probeHost(input, 'here')
  const items = planned.plan.items.map(({ key, action, problem }) => ({ key, action, problem: problem !== undefined }))
  return { execs: host.scripts.length, items, problems: planned.plan.items.map(({ problem }) => problem) }
}

describe('probing a host', () => {
  it('takes one exec when every question is answered', async () => {
    const { execs, items } = await probed([asking('a', 'echo ok'), asking('b', 'echo no'), asking('c', 'exit 3')])
    expect(execs).toBe(1)
    expect(items).toEqual([
      { key: 'a:one', action: 'none', problem: false },
      { key: 'b:one', action: 'update', problem: false },
      { key: 'c:one', action: 'unknown', problem: true },
    ])
  })

  it('asks once more, each apart, when a question is no sh: only that one goes without an answer', async () => {
    const { execs, items } = await probed([asking('a', 'echo ok'), asking('b', 'if'), asking('c', 'echo ok')])
    expect(execs).toBe(2)
    expect(items.map(({ problem }) => problem)).toEqual([false, true, false])
  })

  it('asks for files once, and once more, each apart, when that fails: only the kind at fault goes without', async () => {
    const [fine, here, unreadable] = [asksFor('a', '/etc'), asksFor('b', '/bin/sh'), asksFor('c', '/proc/self/mem')]
    expect(await probed([fine, here])).toMatchObject({ execs: 1, items: [{ action: 'none' }, { action: 'none' }] })
    const { execs, items } = await probed([fine, unreadable, here])
    expect(execs).toBe(2)
    expect(items.map(({ problem }) => problem)).toEqual([false, true, false])
  })

  it.each([
    ['hangs', '/bin/sleep 60', 'hung and was ended'],
    ['answers garbage', 'echo what?', "can't be read: a file went away while it was read"],
    ['is killed', 'kill -9 $$', 'failed with status 137'],
  ])('and where it %s', async (_, what, why) => {
    const stat = `stat() { case $* in */bin/sh*) ${what} ;; *) command stat "$@" ;; esac; }`
    const asHost = (script: string) =>
      script
        .replaceAll(/timeout -k 5 [36]0 sh/g, 'timeout -k 5 1 sh')
        .replaceAll('\nprovision_files() {', () => `\n${stat}\nprovision_files() {`)
    const all = [asksFor('a', '/etc'), asksFor('b', '/bin/sh'), asking('c', 'echo ok'), asksFor('d', '/etc/passwd')]
    const { execs, problems } = await probed(all, asHost)
    expect(execs).toBe(2)
    expect(problems).toEqual([undefined, `the probe of b ${why}`, undefined, undefined])
  })

  it('asks once more when a question takes the shell along, from there on', async () => {
    const { execs, items } = await probed([asking('a', 'echo ok'), asking('b', 'kill -9 $$'), asking('c', 'echo ok')])
    expect(execs).toBe(2)
    expect(items.map(({ problem }) => problem)).toEqual([false, true, false])
  })
})
