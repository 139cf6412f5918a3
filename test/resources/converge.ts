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

/**
 * Runs a change as targets do. The tool's own folder is moved into `state`, so that no test needs root for it.
 * @returns output: what it printed on either stream
 */
export function run(script: Script, state = '/nonexistent'): { readonly status: number; readonly output: string } {
  const moved = rawScript(script.sh.replaceAll('/var/lib/provision', state))
  const ran = dash(applyScript('t', rawScript(':'), [{ id: 'apply', script: moved, timeout: 30 }]), [])
  const answer = parseFrame('t', ran.stdout).get('apply')
  if (!answer) throw new Error(`no answer: ${ran.stdout}${ran.stderr}`)
  return { status: answer.status, output: answer.body }
}

/** Applies what differs, one change at a time; then again what was applied, which must do no harm. */
export function converge<D, A>(kind: ResourceKind<D, A>, desired: readonly D[], state?: string): Change<D, A>[] {
  const changes = plan(kind, desired)
  for (const round of [1, 2]) {
    for (const change of changes) {
      const ran = run(kind.apply([change]), state)
      if (ran.status !== 0) throw new Error(`${kind.key(change.desired)} failed in round ${round}: ${ran.output}`)
    }
  }
  return changes
}
