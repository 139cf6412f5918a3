import { setMaxListeners } from 'node:events'
import { type LoginMeans, openHere } from '../connection/open.ts'
import type { OpenTransport, Transport } from '../connection/transport.ts'
import { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { type AskedRun, askedRun } from './asked-run.ts'
import type { Carrier } from './carrier.ts'
import { failureData } from './failure-data.ts'
import { type FromWorker, PROTOCOL, readToWorker, type ToWorker } from './messages.ts'
import { type ServedExec, serveExec } from './serve-exec.ts'
import { targetOf } from './target-data.ts'
import { unlocked } from './unlocked.ts'

export interface ServeOptions {
  readonly env: NodeJS.ProcessEnv
  readonly version: string
  /** Default: logins of this process. */
  readonly openBy?: (means: LoginMeans) => OpenTransport
}

interface Opened {
  readonly host: Target
  readonly transport: Transport
}

type Say = (message: FromWorker, body?: Buffer) => void

/**
 * Holds connections for a run: logs in, runs commands, carries what goes in and what comes out. It decides nothing.
 * @returns when the run is gone and all connections are closed
 */
export function serve(carrier: Carrier, { env, version, openBy = openHere }: ServeOptions): Promise<void> {
  const say: Say = (head, body) => carrier.send({ head, body })
  const asked = askedRun(say)
  const opened = new Map<number, Opened>()
  const execs = new Map<number, ServedExec>()
  const stop = new AbortController()
  // Every login listens.
  setMaxListeners(0, stop.signal)
  let open: Promise<OpenTransport> | undefined

  const failed = (id: number, error: unknown) => say({ type: 'failed', id, failure: failureData(error) })
  const over = (id: number): Opened => {
    const found = opened.get(id)
    if (found) return found
    throw new ProvisionError('the connection is closed', { code: 'unreachable' })
  }
  const connect = async (id: number, host: Target): Promise<void> => {
    if (open === undefined) throw new Error('a worker that was not set up')
    opened.set(id, { host, transport: await (await open)(host) })
    say({ type: 'done', id })
  }
  const close = async (id: number, connection: number): Promise<void> => {
    const { transport } = over(connection)
    opened.delete(connection)
    await transport.close()
    say({ type: 'done', id })
  }
  const exec = (message: Extract<ToWorker, { type: 'exec' }>, body: Buffer): void => {
    const { id } = message
    try {
      execs.set(
        id,
        serveExec(message, body, over(message.over), say, () => execs.delete(id)),
      )
    } catch (error) {
      failed(id, error)
    }
  }
  const take = (message: ToWorker, body: Buffer): void => {
    switch (message.type) {
      case 'setup':
        open = meansOf(message, { env, asked, say, signal: stop.signal }).then(openBy)
        // Told to each that wants to connect.
        open.catch(() => {})
        break
      case 'connect':
        connect(message.id, targetOf(message.host)).catch((error: unknown) => failed(message.id, error))
        break
      case 'exec':
        exec(message, body)
        break
      case 'input':
        execs.get(message.id)?.input(body, message.more)
        break
      case 'credit':
        execs.get(message.id)?.granted(message.bytes)
        break
      case 'cancel':
        execs.get(message.id)?.cancel()
        break
      case 'close':
        close(message.id, message.over).catch((error: unknown) => failed(message.id, error))
        break
      case 'answer':
        asked.answered(message)
        break
      case 'ping':
        say({ type: 'pong' })
        break
      case 'abort':
        stop.abort()
    }
  }
  say({ type: 'ready', protocol: PROTOCOL, version })
  return new Promise((resolve) => {
    carrier.hear({
      message: (head, body) => take(readToWorker(head), body),
      end() {
        stop.abort()
        const closing = [...opened.values()].map(({ transport }) => transport.close())
        void Promise.allSettled(closing).then(() => resolve())
      },
    })
  })
}

interface Meaning {
  readonly env: NodeJS.ProcessEnv
  readonly asked: AskedRun
  readonly say: Say
  readonly signal: AbortSignal
}

async function meansOf(
  { protocol, password, passphrases }: Extract<ToWorker, { type: 'setup' }>,
  { env, asked, say, signal }: Meaning,
): Promise<LoginMeans> {
  if (protocol !== PROTOCOL) throw new Error(`the run speaks version ${protocol} of the protocol, not ${PROTOCOL}`)
  return {
    env,
    signal,
    hostKeys: asked.hostKeys,
    password: password ? asked.password : undefined,
    keys: await unlocked(passphrases),
    tell: (message, hint) => say({ type: 'warning', message, ...(hint !== undefined && { hint }) }),
  }
}
