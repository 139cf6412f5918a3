import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../src/errors.ts'
import { runStep } from '../../src/execute/rollout-step.ts'
import { pause } from '../../src/host/let-go.ts'
import { rawScript } from '../../src/shell/script.ts'
import { spokenTo } from '../host/fake-access.ts'
import { fakeHost } from '../host/fake-host.ts'

const ABORTED = { code: 'aborted', message: 'aborted by the user', hint: expect.stringContaining('run again') }

describe('a second Ctrl-C', () => {
  it('ends a wait as what it is: no fault of provision itself', async () => {
    const user = new AbortController()
    const waiting = pause(60_000, { host: 'web1', signal: user.signal })
    user.abort()
    const error: unknown = await waiting.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ ...ABORTED, host: 'web1' })
    expect(failureOf(error)).toMatchObject(ABORTED)
  })

  it.each(['after', 'until'] as const)('ends a step of a rollout that waits (%s)', async (what) => {
    const user = new AbortController()
    const session = spokenTo([fakeHost('web1')], { signal: user.signal }).session('web1')
    const step = {
      name: 'drained',
      ...(what === 'after' ? { initialDelay: 60 } : { until: rawScript('false'), interval: 60 }),
    }
    const running = runStep(session, step, { phase: 'drain' })
    setTimeout(() => user.abort(), 300)
    const error: unknown = await running.catch((thrown: unknown) => thrown)
    expect(failureOf(error)).toMatchObject(ABORTED)
  })

  it('is no fault of provision either where somebody waits by other means', async () => {
    const user = new AbortController()
    const waiting = sleep(60_000, undefined, { signal: user.signal })
    user.abort()
    expect(failureOf(await waiting.catch((error: unknown) => error))).toMatchObject(ABORTED)
  })
})
