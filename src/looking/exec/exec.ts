import { aborted, type Failure, failureOf, ProvisionError } from '../../errors.ts'
import { apart } from '../../host/apart.ts'
import { hostSession } from '../../host/make-session.ts'
import type { HostAccess, HostSession } from '../../host/session.ts'
import type { Host } from '../../inventory/inventory.ts'
import { frameReader } from '../../shell/frame.ts'
import { type Heard, hearing } from './hearing.ts'
import { type Command, killScript, liveScript } from './script.ts'

/** What came of a command on a host. */
export interface Executed extends Heard {
  readonly host: string
  readonly tier: string
  /** Undefined: it did not come to its end. */
  readonly status?: number | undefined
  readonly failure?: Failure | undefined
  readonly ms: number
}

export interface ExecOptions {
  readonly command: Command
  /** Seconds after which it is ended; undefined: never. */
  readonly timeout?: number | undefined
  /** Aborted: it is ended on the host, with its children. */
  readonly stop: AbortSignal
  /** Aborted: not even that is waited for. */
  readonly signal: AbortSignal
  onLine(line: string): void
}

/** Milliseconds for what still holds the way open once the command has ended. */
const LINGER = 500
/** Milliseconds for a command to be ended. */
const KILL_MS = 10_000

/** Runs a command on a host as root, heard while it runs. Never throws. */
export async function execOn(host: Host, access: HostAccess, options: ExecOptions): Promise<Executed> {
  const { command, timeout, stop, signal, onLine } = options
  // Its own ends are those of the options: what ends the command must be said after the first of them.
  const session = hostSession({ ...access, signal: undefined }, host.name)
  const nonce = session.nonce()
  const began = performance.now()
  const over = new AbortController()
  const heard = hearing(session.mask, onLine)
  const hangUp = () => void setTimeout(() => over.abort(), LINGER).unref()
  let group: number | undefined
  let status: number | undefined
  const read = frameReader(nonce, (event) => {
    if (event.type === 'begin') group = Number(event.id)
    else if (event.type === 'part') heard.part(event.text)
    else if (event.type === 'line') heard.line(event.line)
    else {
      status = event.status
      // Something that it left behind may keep the way open: that is not waited for.
      hangUp()
    }
  })

  let ended: { readonly why: ProvisionError; readonly done: Promise<void> } | undefined
  const end = (why: ProvisionError) => {
    if (status === undefined) ended ??= { why, done: killed(session, group).finally(hangUp) }
  }
  const onStop = () => end(aborted(host.name))
  const onSignal = () => over.abort()
  const timer = timeout === undefined ? undefined : setTimeout(() => end(late(host.name, timeout)), timeout * 1000)
  stop.addEventListener('abort', onStop)
  signal.addEventListener('abort', onSignal)
  const result = (): Executed => ({
    ...{ host: host.name, tier: host.tier, status },
    ...heard.all(),
    ms: performance.now() - began,
  })
  try {
    const script = liveScript(nonce, command, session.target.path)
    const listening = session.listen({ script, purpose: 'exec', onStdout: read, signal: over.signal })
    await listening.catch((error: unknown) => {
      if (status === undefined || ended) throw ended?.why ?? error
    })
    await ended?.done
    if (ended) throw ended.why
    if (status === undefined) throw cutShort(host.name)
    return result()
  } catch (error) {
    await ended?.done
    return { ...result(), status: undefined, failure: failureOf(error) }
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
    signal.removeEventListener('abort', onSignal)
  }
}

/** A host that was not begun, for the user wanted no more. */
export const notBegun = ({ name, tier }: Host): Executed => ({
  ...{ host: name, tier, lines: 0, digest: '', output: '', ms: 0 },
  failure: { code: 'stopped', message: 'not begun', log: [] },
})

/** Ends it on the host. Where its number did not come yet, the way that is closed ends it. */
async function killed(session: HostSession, group: number | undefined): Promise<void> {
  if (group === undefined || !Number.isSafeInteger(group) || group < 2) return
  const questions = [{ id: 'kill', script: killScript(group), timeout: KILL_MS / 1000 }]
  const ending = session.ask({ ...apart(questions), purpose: 'end' }).catch(() => undefined)
  await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, KILL_MS).unref())])
}

const late = (host: string, seconds: number): ProvisionError =>
  new ProvisionError(`ended after ${seconds} s`, { code: 'timeout', host, hint: '--timeout says how long it may take' })

const cutShort = (host: string): ProvisionError =>
  new ProvisionError('the shell ended before the command did', { code: 'unreachable', host })
