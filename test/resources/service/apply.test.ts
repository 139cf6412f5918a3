import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Service, serviceKind } from '../../../src/resources/service/service.ts'
import { rawScript } from '../../../src/shell/script.ts'
import { PROGRAMS } from '../../host/programs.ts'
import { run, scratch } from '../converge.ts'

type Unit = Readonly<Partial<Record<'state' | 'file' | 'type' | 'stale' | 'start' | 'stop', string>>>

const OFF: Unit = { state: 'inactive', file: 'disabled' }

/**
 * Runs the change in the real dash, with a systemd of its own.
 * @param meanwhile sh that runs in the moment which the change waits
 */
function apply(desired: readonly Service[], units: Readonly<Record<string, Unit>>, meanwhile = '') {
  const root = scratch()
  mkdirSync(join(root, 'bin'))
  const program = (name: string, text: string) => {
    writeFileSync(join(root, 'bin', name), `#!/bin/dash\nroot=${root}\n${text}`)
    chmodSync(join(root, 'bin', name), 0o755)
  }
  program('systemctl', `echo "$*" | sed 's/ -- / /; s/--no-pager -p [^ ]* //' >>$root/calls\n${PROGRAMS.systemctl}`)
  program('sleep', `echo "sleep $*" >>$root/calls\n${meanwhile}\n`)
  program('journalctl', 'echo "its last words"\n')
  for (const [name, facts] of Object.entries(units)) {
    mkdirSync(join(root, 'units', name), { recursive: true })
    for (const [fact, text] of Object.entries(facts)) writeFileSync(join(root, 'units', name, fact), `${text}\n`)
  }
  const changes = desired.map((one) => ({
    action: 'update' as const,
    desired: one,
    actual: 'absent' as const,
    fields: [],
  }))
  const script = `PATH=${join(root, 'bin')}${delimiter}$PATH\n${serviceKind.apply(changes).sh}`
  const ran = run(rawScript(script))
  const calls = readFileSync(join(root, 'calls'), 'utf8').trimEnd().split('\n')
  return { ...ran, calls, did: calls.filter((call) => !call.startsWith('show ')) }
}

const started = (name: string): Service => ({ name, enabled: true, state: 'started' })

describe('neighbouring services', () => {
  const three = { 'a.service': OFF, 'b.service': { ...OFF, file: 'enabled' }, 'c.service': { ...OFF, stale: 'yes' } }

  it('are one transaction: read anew once, enabled together, started in their order, waited for once', () => {
    const { status, did, calls } = apply([started('a'), started('b'), started('c')], three)
    expect(status).toBe(0)
    expect(did).toEqual([
      'daemon-reload',
      'enable a.service c.service',
      'start a.service',
      'start b.service',
      'start c.service',
      'sleep 1',
    ])
    // Before, after what is read anew, after the starts, and a second later.
    expect(calls.filter((call) => call.startsWith('show '))).toEqual(
      Array(4).fill('show a.service b.service c.service'),
    )
  })

  it('one that takes the place of another starts after that has stopped, and takes its name after it gave it up', () => {
    const { status, did } = apply(
      [{ name: 'a', enabled: false, state: 'stopped' }, started('b'), { name: 'c', state: 'stopped', masked: true }],
      { ...three, 'a.service': { state: 'active', file: 'enabled' }, 'c.service': { state: 'active', file: 'static' } },
    )
    expect(status).toBe(0)
    expect(did).toEqual([
      'disable a.service',
      'stop a.service',
      'start b.service',
      'stop c.service',
      'mask c.service',
      'sleep 1',
    ])
  })

  it('name the one that does not start, what it said, and what was done before it', () => {
    const { status, output, did } = apply([started('a'), started('b'), started('c')], {
      ...three,
      'b.service': { ...OFF, start: 'exit 1' },
    })
    expect(status).toBe(1)
    expect(did.at(-1)).toBe('status --no-pager --full --lines=0 b.service')
    expect(did).not.toContain('start c.service')
    expect(output.split('\n')).toEqual([
      'provision: done: service:a.service',
      'provision: b.service did not start',
      'provision: failed: service:b.service',
      'its last words',
    ])
  })

  it('name the one that crashed within the second; the others are done', () => {
    const crash = 'echo failed >$root/units/b.service/state'
    const { status, output } = apply([started('a'), started('b'), started('c')], three, crash)
    expect(status).toBe(1)
    expect(output).toContain('provision: b.service did not stay up')
    expect(output).toContain('provision: done: service:a.service\nprovision: done: service:c.service\n')
    expect(output).toContain('provision: failed: service:b.service')
  })

  it('name the one that is not there, before any is started', () => {
    const { status, output, did } = apply([started('a'), started('nosuch')], three)
    expect(status).toBe(1)
    expect(output).toContain('provision: failed: service:nosuch.service')
    expect(did.filter((call) => call.startsWith('start'))).toEqual([])
  })
})

describe('a service', () => {
  it('that systemd started anew within the second has crashed', () => {
    const anew = 'echo 7 >$root/units/a.service/invocation'
    const { status, output } = apply([started('a')], { 'a.service': OFF }, anew)
    expect(status).toBe(1)
    expect(output).toBe('provision: a.service crashed right after its start\nits last words')
  })

  it('that tells itself when it is ready is not waited for', () => {
    const { status, did } = apply([started('a')], { 'a.service': { ...OFF, type: 'notify' } })
    expect(status).toBe(0)
    expect(did).toEqual(['enable a.service', 'start a.service'])
  })

  it('that does not stay stopped is told; one that is not there is stopped', () => {
    const up = { state: 'active', file: 'static' }
    const back = { ...up, stop: 'echo active >$root/units/a.service/state' }
    expect(apply([{ name: 'a', state: 'stopped' }], { 'a.service': up })).toMatchObject({ status: 0, output: '' })
    const { status, output } = apply([{ name: 'a', state: 'stopped' }], { 'a.service': back })
    expect({ status, output }).toEqual({
      status: 1,
      output: 'provision: a.service did not stay stopped\nits last words',
    })
    expect(apply([{ name: 'nosuch', state: 'stopped' }], { 'a.service': up })).toMatchObject({ status: 0, did: [] })
  })

  it('is forgiven where it failed too often', () => {
    const { did } = apply([{ name: 'a', state: 'started' }], { 'a.service': { state: 'failed', file: 'static' } })
    expect(did.slice(0, 2)).toEqual(['reset-failed a.service', 'start a.service'])
  })

  it('C20: that is a oneshot whose unit has come in the same run is not run, for no run would be clean', () => {
    const { status, output, did } = apply([started('a'), started('job')], {
      'a.service': OFF,
      'job.service': { ...OFF, type: 'oneshot' },
    })
    expect(status).toBe(1)
    expect(output).toContain('job.service is a oneshot')
    expect(did).toEqual([])
  })
})
