import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Change, ResourceKind } from '../../src/resources/resource.ts'
import { applyScript, parseFrame } from '../../src/shell/frame.ts'
import { rawScript, type Script } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'
import { foundHere } from './answers.ts'

/** A directory that is gone after the test. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'provision-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Probe, parse and diff on this machine, in the frame that targets get. */
export function plan<D, A>(kind: ResourceKind<D, A>, desired: readonly D[]): Change<D, A>[] {
  const actual = foundHere(kind, desired)
  return desired.flatMap((one) => {
    const state = actual.get(kind.key(one))
    if (state === undefined || state === 'unknown') throw new Error(`no state of ${kind.key(one)}`)
    const change = kind.diff(one, state)
    return change ? [change] : []
  })
}

interface Answered {
  readonly status: number
  /** What it printed on either stream. */
  readonly output: string
}

/** Runs a change as targets do. The tool's own folder is moved into `state`, so that no test needs root for it. */
export function run(script: Script, state = '/nonexistent'): Answered {
  const [only] = runInTurn([script], state)
  if (!only) throw new Error('no answer')
  return only
}

/** The same for several, one after the other, in one exec. @returns no more after the first that failed */
function runInTurn(scripts: readonly Script[], state: string): readonly Answered[] {
  const moved = scripts.map((script, i) => ({
    id: `apply${i}`,
    script: rawScript(script.sh.replaceAll('/var/lib/provision', state)),
    timeout: 30,
  }))
  const ran = dash(applyScript('t', rawScript(':'), moved), [])
  const answers = parseFrame('t', ran.stdout)
  const found = moved.flatMap(({ id }) => answers.get(id) ?? [])
  if (found.length === 0) throw new Error(`no answer: ${ran.stdout}${ran.stderr}`)
  return found.map(({ status, body }) => ({ status, output: body }))
}

/** Applies what differs, one change after the other; then again what was applied, which must do no harm. */
export function converge<D, A>(kind: ResourceKind<D, A>, desired: readonly D[], state?: string): Change<D, A>[] {
  const changes = plan(kind, desired)
  if (changes.length === 0) return changes
  for (const round of [1, 2]) {
    const scripts = changes.map((change) => kind.apply([change]))
    const answers = runInTurn(scripts, state ?? '/nonexistent')
    for (const [i, change] of changes.entries()) {
      const { status, output } = answers[i] ?? { status: 1, output: 'not begun' }
      if (status !== 0) throw new Error(`${kind.key(change.desired)} failed in round ${round}: ${output}`)
    }
  }
  return changes
}
