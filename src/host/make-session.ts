import { applyScript, type Fragment, parseFrame } from '../shell/frame.ts'
import { joinScripts, type Script } from '../shell/script.ts'
import { apart } from './apart.ts'
import { stepReader } from './apply-output.ts'
import { holding } from './hold.ts'
import { pause, untilLetGo } from './let-go.ts'
import { atWork, releaseLock, renewLock, takeLock } from './lock.ts'
import type { Ask, ChangeStep, HostAccess, HostChange, HostSession, Listening, Reply } from './session.ts'
import { TARGET, type Target } from './target.ts'

/** Seconds that taking the lock may need, waiting for its holder included. */
const LOCK_TIMEOUT = 90
/** Milliseconds for giving the lock back to a host, when the user wants out at once. */
const LAST_WORD_MS = 3000

/** What the sessions of one host know of each other. */
interface Work {
  /** A change was begun whose end nobody heard: it may be at work still. */
  unheard: boolean
}

/** What is said to one host in a run. */
export function hostSession(access: HostAccess, host: string, work: Work = { unheard: false }): HostSession {
  const { run, mask, emit, signal, showScripts } = access
  const target = access.target?.(host) ?? TARGET

  const show = (purpose: string | undefined, script: () => Script) => {
    if (showScripts && purpose !== undefined) emit({ type: 'script', host, purpose, script: script().sh })
  }
  // The connection is looked up each time: one that lost its link is no good any more.
  const exec = (script: Script, options: { readonly timeoutMs: number; onStdout?: (text: string) => void }) =>
    untilLetGo(
      async () => (await access.connect(host)).exec(script.sh, { ...options, ...(signal ? { signal } : {}) }),
      { host, signal },
    )

  const ask = async ({ script, shown = script, purpose, timeoutMs }: Ask): Promise<Reply> => {
    const nonce = access.nonce()
    show(purpose, () => shown(nonce, target.path))
    const { status, stdout, stderr } = await exec(script(nonce, target.path), { timeoutMs })
    await access.turn?.()
    return { status, answers: parseFrame(nonce, stdout), stderr }
  }

  const listen = async ({ script, purpose, onStdout, signal: end }: Listening) => {
    show(purpose, () => script)
    const connection = await untilLetGo(() => access.connect(host), { host, signal: end })
    return connection.exec(script.sh, { onStdout, signal: end })
  }

  const change = async (one: HostChange): Promise<'applied' | 'stale'> => {
    const nonce = access.nonce()
    const end: ChangeStep = one.release
      ? { id: 'release', keys: [], action: 'update', timeout: 30, script: releaseLock(run, target) }
      : { id: 'renew', keys: [], action: 'update', timeout: 30, script: renewLock(run, target, one.lasts) }
    const framed = (steps: readonly ChangeStep[]) =>
      applyScript(nonce, takeLock(run, one.generation, target), [...steps, end].map(announced), target.path)
    const announced = (step: ChangeStep): Fragment => ({ ...step, script: saysWhatItIsAt(step, target) })
    show(one.purpose, () => framed(one.shown?.() ?? one.steps))
    const steps = [...one.steps, end]
    const reader = stepReader({ host, mask, emit, target }, { nonce, steps, onDone: one.onDone ?? (() => undefined) })
    const timeoutMs = steps.reduce((sum, { timeout }) => sum + timeout, LOCK_TIMEOUT) * 1000
    work.unheard = true
    const result = await exec(framed(one.steps), { timeoutMs, onStdout: reader.hear }).catch((error: unknown) => {
      throw reader.lost(error)
    })
    work.unheard = !reader.isOver()
    return reader.outcome(mask(result.stderr))
  }

  const session: HostSession = {
    host,
    run,
    target,
    signal,
    nonce: () => access.nonce(),
    mask: (text) => mask(text),
    emit: (event) => emit(event),
    ask,
    listen,
    change,
    hold: (task) =>
      holding(
        { host, signal, leaseMs: target.leaseMs, until: (end) => hostSession({ ...access, signal: end }, host, work) },
        task,
      ),
    async release() {
      if (work.unheard) return
      const last = signal?.aborted
        ? hostSession({ ...access, signal: AbortSignal.timeout(LAST_WORD_MS) }, host)
        : session
      const questions = [{ id: 'release', script: releaseLock(run, target), timeout: 10 }]
      await last.ask(apart(questions)).catch(() => undefined)
    },
    async fresh(task) {
      const connection = await untilLetGo(() => access.open(host), { host, signal })
      try {
        return await task(hostSession({ ...access, connect: async () => connection }, host, work))
      } finally {
        await connection.close()
      }
    },
    on: (other) => hostSession(access, other),
    pause: (ms) => pause(ms, { host, signal }),
  }
  return session
}

/** A run that waits for this one is told what it waits for. */
function saysWhatItIsAt({ keys, timeout, script }: ChangeStep, target: Target): Script {
  if (keys.length === 0) return script
  const what = keys
    .map((key) => key.replace(/^handler:/, ''))
    .join(', ')
    .slice(0, 200)
  return joinScripts([atWork(what, timeout, target), script])
}
