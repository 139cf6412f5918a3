import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { aborted } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { excerpt } from '../shell/excerpt.ts'
import { failure, place } from './failure.ts'
import { type MayAsk, patienceOf, sshCommand } from './openssh-arguments.ts'
import { opensshFailure } from './openssh-failure.ts'
import { logIn, type OpenSshLogin } from './openssh-login.ts'
import { runProgram } from './program.ts'
import { tied } from './tied.ts'
import type { Transport } from './transport.ts'

const MAX_CHANNELS = 8
const READY = 'connected'

interface Master {
  /** What ssh said last when it ended; undefined while it runs. */
  ended(): string | undefined
  close(): Promise<void>
}

/**
 * One ssh that logs in and stays as long as this process does: killed, it must not leave an open way to each host.
 * It tells that it is in by its LocalCommand, when its socket listens already.
 */
const startMaster = (
  host: Target,
  socket: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
  mayAsk: MayAsk,
): Promise<Master> =>
  new Promise((resolve, reject) => {
    const stop = new AbortController()
    let last: string | undefined
    // What ssh says of its own time limit says more.
    const patience = patienceOf(host) + (host.connection.jumps?.length ? 1 : 0)
    const timer = setTimeout(() => {
      reject(failure(host, 'timeout', `${place(host)}: no login within ${host.connection.connectTimeout} s`))
      stop.abort()
    }, patience * 1000)
    const ready = ['-o', 'PermitLocalCommand=yes', '-o', `LocalCommand=echo ${READY}`]
    const first = ['-M', '-N', '-T', '-S', socket, '-o', 'ControlPersist=no', ...ready]
    const argv = sshCommand(host, first, mayAsk)
    const stderr = excerpt()
    const wire = {
      stdout(chunk: Buffer) {
        if (!chunk.includes(READY)) return
        clearTimeout(timer)
        signal?.removeEventListener('abort', onStop)
        resolve({ ended: () => last, close })
      },
      stderr: (chunk: Buffer) => stderr.push(chunk.toString()),
      signal: stop.signal,
    }
    const over = runProgram(tied(argv), '', wire, env).then(
      (status) => {
        last = stderr.text().trim().split('\n').at(-1) || 'ssh ended'
        reject(opensshFailure(host, { status, stderr: stderr.text() }))
      },
      (error: unknown) => {
        last = 'ssh was ended'
        reject(error)
      },
    )
    const onStop = () => {
      reject(aborted(host.name))
      stop.abort()
    }
    signal?.addEventListener('abort', onStop)
    over.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onStop)
    })
    const close = () => {
      stop.abort()
      return over
    }
  })

export interface OpenSshOptions extends OpenSshLogin {
  /** Aborted when the user wants out at once: a login that is not done is given up. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A login with the system's ssh: one master process, over which each exec is a session.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth, as far as ssh's words tell them apart.
 */
export async function openOpenSsh(
  host: Target,
  env: NodeJS.ProcessEnv,
  options: OpenSshOptions = {},
): Promise<Transport> {
  // A folder of our own: a socket's path is short (107 bytes) and nobody else may reach it.
  const dir = await mkdtemp(join(tmpdir(), 'provision-'))
  const socket = join(dir, 's')
  const clean = () => rm(dir, { recursive: true, force: true })
  // C: the words that failures are told apart by.
  const plain = { ...env, LC_ALL: 'C' }
  const master = await logIn(host, dir, options, (more, mayAsk) =>
    startMaster(host, socket, { ...plain, ...more }, options.signal, mayAsk),
  ).catch(async (error: unknown) => {
    await clean()
    throw error
  })
  // Without its master ssh would log in anew, behind our back: a proxy that fails forbids it.
  const session = sshCommand(host, ['-T', '-S', socket, '-o', 'ControlMaster=no', '-o', 'ProxyCommand=false'])
  const limit = pLimit(MAX_CHANNELS)
  return {
    run: (command, input, wire) =>
      limit(async () => {
        const status = await runProgram([...session, command], input, wire, plain)
        // The master's end may be seen a moment after that of its session.
        if (status === 255) await new Promise((resolve) => setTimeout(resolve, 50))
        const last = master.ended()
        if (status === 255 && last !== undefined) {
          throw failure(host, 'unreachable', `link lost to ${place(host)}: ${last}`)
        }
        return status
      }),
    close: async () => {
      await master.close()
      await clean()
    },
  }
}
