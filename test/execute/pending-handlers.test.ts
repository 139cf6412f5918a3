import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import * as handlers from '../../src/execute/pending-handlers.ts'
import { parseTargetState, targetStateProbe } from '../../src/plan/target-state.ts'
import type { Handler } from '../../src/resources/resource.ts'
import { installFile } from '../../src/shell/install-file.ts'
import { rawScript, type Script } from '../../src/shell/script.ts'
import { scratch } from '../resources/converge.ts'
import { start } from '../shell/start.ts'

let dir = ''
const state = () => join(dir, 'state')
const markPending = (all: readonly Handler[]) => handlers.markPending(all, state())
const withMarkers = (all: readonly Handler[], change: Script) => handlers.withMarkers(all, change, state())
const runPending = (one: Handler) => handlers.runPending(one, state())
const pending = () => readdirSync(join(dir, 'state/pending'))
const note = () => (existsSync(join(dir, 'note')) ? readFileSync(join(dir, 'note'), 'utf8') : '')
const handler = (more: Partial<Handler> = {}): Handler => ({
  id: 'reload x y',
  script: rawScript(`echo paid >>${dir}/note`),
  ...more,
})

beforeEach(() => {
  dir = scratch()
  mkdirSync(join(dir, 'state'))
  // Stands in for systemd, which the test's machine may not run: it tells the invocation that the test wrote.
  writeFileSync(
    join(dir, 'systemctl'),
    `#!/bin/sh\ncase $1 in is-active) [ ! -e ${dir}/failed ] ;; *) cat ${dir}/invocation ;; esac\n`,
  )
  chmodSync(join(dir, 'systemctl'), 0o755)
  writeFileSync(join(dir, 'invocation'), 'first\n')
})

const dash = ({ sh }: Script) =>
  start('dash', ['-eu'], { input: sh, env: { ...process.env, PATH: `${dir}:${process.env.PATH}` } })

describe('owed handlers', () => {
  it('stand until they are paid', () => {
    dash(markPending([handler()]))
    expect(pending()).toEqual(['reload%20x%20y'])
    expect(dash(runPending(handler())).status).toBe(0)
    expect([pending(), note()]).toEqual([[], 'paid\n'])
  })

  it('that were not finished by a power cut are no markers, whatever version of the tool began them', () => {
    const { sh } = markPending([handler()])
    // Cut between the line that stages it and the one that puts it in place.
    dash(rawScript(sh.slice(0, sh.lastIndexOf('mv -f'))))
    writeFileSync(join(dir, 'state/pending/reload%20z~'), 'none\n')
    expect(pending()).toEqual(['.reload%20x%20y', 'reload%20z~'])
    const told = () => parseTargetState(dash(targetStateProbe(state())).stdout).pendingHandlers
    expect(told()).toEqual([])
    dash(markPending([handler()]))
    writeFileSync(join(dir, 'state/pending/50%'), 'none\n')
    expect(told()).toEqual(['50%', 'reload x y'])
  })

  it('stay owed when they fail', () => {
    dash(markPending([handler()]))
    expect(dash(runPending(handler({ script: rawScript('exit 3') }))).status).toBe(3)
    expect(pending()).toEqual(['reload%20x%20y'])
  })

  it('are not called for a unit that was started since the change', () => {
    dash(markPending([handler({ unit: 'x.service' })]))
    writeFileSync(join(dir, 'invocation'), 'second\n')
    expect(dash(runPending(handler({ unit: 'x.service' }))).stdout).toContain('x.service was started since the change')
    expect([pending(), note()]).toEqual([[], ''])
  })

  it('are called for a unit whose start since the change failed', () => {
    dash(markPending([handler({ unit: 'x.service' })]))
    writeFileSync(join(dir, 'invocation'), 'second\n')
    writeFileSync(join(dir, 'failed'), '')
    dash(runPending(handler({ unit: 'x.service' })))
    expect([pending(), note()]).toEqual([[], 'paid\n'])
  })

  it('are called for a unit that still runs as it did, and for one that was not running then or now', () => {
    dash(markPending([handler({ unit: 'x.service' })]))
    dash(runPending(handler({ unit: 'x.service' })))
    writeFileSync(join(dir, 'invocation'), '\n')
    dash(markPending([handler({ unit: 'x.service' })]))
    dash(runPending(handler({ unit: 'x.service' })))
    expect(note()).toBe('paid\npaid\n')
  })

  it('look at the unit anew at each change', () => {
    dash(markPending([handler({ unit: 'x.service' })]))
    writeFileSync(join(dir, 'invocation'), 'second\n')
    dash(markPending([handler({ unit: 'x.service' })]))
    dash(runPending(handler({ unit: 'x.service' })))
    expect(note()).toBe('paid\n')
  })

  it('take the markers of those that they supersede with them', () => {
    const restart = handler({ id: 'restart x', supersedes: ['reload x y'] })
    dash(markPending([handler(), restart]))
    dash(runPending(restart))
    expect(pending()).toEqual([])
  })

  it('of a change that its own validation refused are taken back, but not those that stood before', () => {
    const change = (text: string) => withMarkers([handler(), handler({ id: 'restart x' })], rawScript(text))
    expect(dash(change('echo half; exit 78')).status).toBe(78)
    expect(pending()).toEqual([])

    dash(markPending([handler()]))
    expect(dash(change('exit 78')).status).toBe(78)
    expect(pending()).toEqual(['reload%20x%20y'])
  })

  it('of a change that failed otherwise stay, for some of it may have landed', () => {
    expect(dash(withMarkers([handler()], rawScript('false; echo never'))).status).toBe(1)
    expect(pending()).toEqual(['reload%20x%20y'])
    expect(dash(withMarkers([handler()], rawScript(`echo done >>${dir}/note`))).status).toBe(0)
    expect([pending(), note()]).toEqual([['reload%20x%20y'], 'done\n'])
  })

  it('a file that is refused says so by its status, and leaves nothing', () => {
    const path = join(dir, 'file')
    const refused = installFile({ path, content: 'new', validate: rawScript('echo bad >&2; exit 5') })
    expect(dash(withMarkers([handler()], refused)).status).toBe(78)
    expect([pending(), existsSync(path), readdirSync(dir).filter((name) => name.startsWith('.file'))]).toEqual([
      [],
      false,
      [],
    ])
  })
})
