import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { ProvisionError } from '../../src/errors.ts'
import { converge } from '../../src/execute/converge.ts'
import type { HostSession } from '../../src/host/session.ts'
import { askApart, readApart } from '../../src/observe/batch.ts'
import { planHost } from '../../src/plan/planner.ts'
import { hostQuestions, STATE } from '../../src/plan/questions.ts'
import { parseTargetState } from '../../src/plan/target-state.ts'
import { handler } from '../../src/resources/handlers.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { rawScript, type Script, sh } from '../../src/shell/script.ts'
import { spokenTo } from '../host/fake-access.ts'
import { type FakeHost, fakeHost } from '../host/fake-host.ts'
import { start } from '../shell/start.ts'

/** What the tool gets in by. */
interface Door {
  readonly path: string
  /** Done with the change, as a service that is started anew. */
  readonly also: string
}

const doorKind: ResourceKind<Door, string> = {
  kind: 'door',
  key: ({ path }) => path,
  probe: ([one]) => (one ? sh`cat ${one.path}` : sh`:`),
  parse: ({ own }, all) => new Map(all.map(({ path }) => [path, own.trim()])),
  diff: (desired, actual) =>
    actual === 'new' ? undefined : { action: 'update', desired, actual, fields: [{ field: 'door', to: 'new' }] },
  apply: ([change]) => (change ? rawScript(`echo new >${change.desired.path}\n${change.desired.also}`) : sh`:`),
  autoRevert: ([change]) => ({
    snapshot: sh`cp ${change?.desired.path ?? ''} "$SNAPSHOT/door"`,
    restore: sh`cp "$SNAPSHOT/door" ${change?.desired.path ?? ''}`,
  }),
}

let host: FakeHost
let door: string
/** The change was sent: what comes next is a new login. */
let isSent: boolean
/** Its script got to the host, and goes on without the link. */
let isUnderWay: boolean
beforeEach(() => {
  host = fakeHost('a')
  door = join(host.root, 'door')
  isSent = false
  isUnderWay = false
  host.write('door', 'old\n')
  // A timer is a unit with what it does.
  host.program(
    'systemd-run',
    `for a; do case $a in --unit=*) unit=\${a#--unit=}.timer ;; esac; done
mkdir -p "$root/units/$unit"; echo active >"$root/units/$unit/state"
for last; do :; done; echo "$last" >"$root/restore-script"`,
  )
})

/** The host's own timer is over. */
const fire = () => start('sh', [host.read('restore-script')?.trim() ?? ''])
const activeTimers = () => start('sh', ['-c', `grep -lx active ${host.root}/units/*.timer/state`]).stdout

/** The change is sent over a link that is lost meanwhile. */
const onChange = (what: 'cut' | 'drop') =>
  host.onExec((_, script) => {
    if (!script.includes('systemd-run')) return undefined
    isSent = true
    isUnderWay = what === 'drop'
    return what === 'cut' ? { what } : { what, after: 0 }
  })

/** Not before the timer of the change runs: what has not begun is told as a link that was lost, and rightly. */
async function connectAnew() {
  const armed = () => {
    if (host.read('restore-script') === undefined) throw new Error('not armed yet')
  }
  if (isUnderWay) await vi.waitFor(armed, { timeout: 30_000 })
  return host.connect()
}

function guarded(also = ':', connect = connectAnew) {
  const seen = handler({ id: 'publish', run: sh`cp ${door} ${join(host.root, 'published')}` })
  const desired: Door = { path: door, also }
  const resources: CompiledResource[] = [{ key: `door:${door}`, kind: doorKind, role: 'r', desired, notify: [seen] }]
  const spoken = spokenTo([{ ...host, connect }])
  let probes = 0
  const probe = async (session: HostSession, after?: Script) => {
    probes += 1
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
    const planned = await probe(session)
    const failure: unknown = await converge(session, means, planned, progress).catch((error: unknown) => error)
    return { failure, changed: progress.changed, probes, notes: spoken.notes(), events: spoken.events }
  }
  return run
}

describe('a change that takes the old link with it', () => {
  it('is kept where a new one proves access: handlers, the last probe and all', async () => {
    onChange('drop')
    const { failure, changed, probes, notes, events } = await guarded()()
    expect(failure).toBeUndefined()
    expect(changed).toEqual([`door:${door}`, 'handler:publish'])
    expect([host.read('door'), host.read('published'), probes]).toEqual(['new\n', 'new\n', 2])
    expect(notes).toEqual(['link lost: logging in anew to see how the change ended'])
    expect(events.flatMap((event) => (event.type === 'step-finished' ? [[event.key, event.ok]] : []))).toEqual([
      [`door:${door}`, true],
      ['handler:publish', true],
    ])
    // Nothing comes later and takes it back, and nobody holds the host.
    expect(activeTimers()).toBe('')
    expect(host.read('state/lock')).toBeUndefined()
  })

  it('is waited for where it is still at work', async () => {
    onChange('drop')
    const { failure, changed } = await guarded('/bin/sleep 1.5')()
    expect([failure, changed]).toEqual([undefined, [`door:${door}`, 'handler:publish']])
    expect(activeTimers()).toBe('')
  })

  it('and then fails is put back at once, and told as what it is', async () => {
    onChange('drop')
    const { failure, changed } = await guarded('exit 3')()
    expect(failure).toMatchObject({
      code: 'reverted',
      message: 'the link was lost in the middle of a change that then failed; what was before is put back',
      hint: 'run again: where the link holds, the failure is told (link lost)',
    })
    expect([changed, host.read('door')]).toEqual([[], 'old\n'])
    expect(activeTimers()).toBe('')
  })

  it('that never came to the host is the lost link that it is', async () => {
    onChange('cut')
    const { failure } = await guarded()()
    expect(failure).toMatchObject({ code: 'unreachable', message: 'link lost' })
    expect(host.read('door')).toBe('old\n')
  })

  it('and lets nobody in is rolled back by the host, and told as rolled back once somebody has seen it', async () => {
    onChange('drop')
    let refused = 0
    const connect = async () => {
      if (isSent && refused++ === 0) {
        await host.quiet()
        fire()
        throw new ProvisionError('connection refused', { code: 'refused', host: 'a' })
      }
      return host.connect()
    }
    const { failure, notes } = await guarded(':', connect)()
    expect(failure).toMatchObject({
      code: 'reverted',
      message: 'lost SSH access after the change; the host rolled it back automatically',
      hint: expect.stringContaining('connection refused'),
    })
    expect(notes.at(-1)).toBe('no new connection after the change yet (connection refused); automatic rollback in 45 s')
    expect(host.read('door')).toBe('old\n')
  })

  it('and lets nobody in for good is not told as rolled back: nobody has seen that', async () => {
    onChange('drop')
    let hours = 0
    vi.spyOn(performance, 'now').mockImplementation(() => hours * 3_600_000)
    const connect = async () => {
      if (!isSent) return host.connect()
      hours += 1
      throw new ProvisionError('no route to host', { code: 'unreachable', host: 'a' })
    }
    const { failure } = await guarded(':', connect)()
    vi.restoreAllMocks()
    expect(failure).toMatchObject({
      code: 'reverted',
      message: 'lost SSH access after the change; the host was to roll it back, but lets nobody in yet',
    })
  })
})
