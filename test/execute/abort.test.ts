import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../src/execute/failure.ts'
import { pause } from '../../src/execute/pause.ts'
import { runStep } from '../../src/execute/rollout-step.ts'
import { rawScript } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'

const ABORTED = { code: 'stopped', message: 'aborted by the user', hint: expect.stringContaining('run again') }

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
    const connection = {
      exec: async (script: string) => ({ ...dash(script, []), status: 0 }),
      close: async () => {},
    }
    const context = {
      host: 'web1',
      reach: async () => connection,
      nonce: () => 'n0nce',
      mask: (text: string) => text,
      emit: () => {},
      showScripts: false,
      signal: user.signal,
    }
    const step = { name: 'drained', ...(what === 'after' ? { after: 60 } : { until: rawScript('false'), every: 60 }) }
    const running = runStep(context, step, { phase: 'drain' })
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
