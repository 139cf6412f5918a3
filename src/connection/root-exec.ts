import { randomBytes } from 'node:crypto'
import type { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { noRoot, notRoot, rootCommand, rootMarker } from './become.ts'
import type { Connection } from './connection.ts'
import { failure } from './failure.ts'
import { ANSWER_LIMIT, type Excess, type Intake, intake, LOGIN_LIMIT, STREAM_LIMIT } from './intake.ts'
import { patience } from './patience.ts'
import type { Transport } from './transport.ts'

export interface RootOptions {
  /** Replaces secrets in what a failure tells of the host's output. */
  readonly mask?: ((text: string) => string) | undefined
}

/** A connection that runs scripts as root over a transport. */
export function rootConnection(host: Target, transport: Transport, { mask = (text) => text }: RootOptions): Connection {
  /** A shell was given once: the login is over, and what takes long from now on is the script. */
  let admitted = false
  return {
    async exec(script, options = {}) {
      const nonce = randomBytes(12).toString('hex')
      const { command, input } = rootCommand(host, nonce, script)
      const wait = patience(host, options)
      const login = admitted ? undefined : loginLimit(host, () => wait.giveUp(noShell(host, taken.lines(mask))))
      const taken = intake({
        marker: rootMarker(nonce),
        onStdout: options.onStdout,
        onBegin() {
          admitted = true
          login?.done()
        },
        onExcess: (what) => wait.giveUp(tooMuch(host, what, taken, mask)),
      })
      try {
        if (wait.signal.aborted) throw wait.signal.reason
        const status = await transport.run(command, input, {
          ...taken,
          signal: wait.signal,
          withinMs: options.timeoutMs,
        })
        if (wait.signal.aborted) throw wait.signal.reason
        const { uid, stdout, stderr, before } = taken.end()
        const refused = uid === undefined ? noRoot(host, { status, ...before }) : notRoot(host, uid)
        if (refused) throw refused
        return { status, stdout, stderr }
      } finally {
        login?.done()
        wait.done()
      }
    },
    close: () => transport.close(),
  }
}

/** The time limit of the login, for what is still missing of it after the keys: the login shell, and sudo. */
function loginLimit(host: Target, onLate: () => void): { done(): void } {
  let check: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    // What arrived while this process was busy is read first.
    check = setImmediate(() => {
      check = setImmediate(onLate)
    })
  }, host.connection.connectTimeout * 1000)
  return {
    done() {
      clearTimeout(timer)
      clearImmediate(check)
    },
  }
}

function noShell(host: Target, log: readonly string[]): ProvisionError {
  const { user, connectTimeout, become } = host.connection
  const viaSudo = become !== 'none' && user !== 'root'
  const way = viaSudo ? 'neither the login shell nor sudo gave a shell' : 'the login shell did not start sh'
  return failure(host, 'timeout', `logged in as ${user}, but ${way} within ${connectTimeout} s`, {
    hint: "Does a start-up file of the login shell (~/.bashrc, /etc/profile.d), or sudo's PAM, wait for something? connect_timeout sets the limit.",
    log,
  })
}

const mebibytes = (bytes: number): string => `${bytes / 1024 / 1024} MiB`

function tooMuch(host: Target, what: Excess, taken: Intake, mask: (text: string) => string): ProvisionError {
  const log = taken.lines(mask)
  switch (what) {
    case 'login':
      return failure(host, 'output', `the login printed more than ${mebibytes(LOGIN_LIMIT)} before its shell began`, {
        hint: 'Does a start-up file of the login shell (~/.bashrc, /etc/profile.d) print without end?',
        log,
      })
    case 'answer':
      return failure(
        host,
        'output',
        `the answer of the host is longer than ${mebibytes(ANSWER_LIMIT)}: it was cut off`,
        {
          hint: 'Does a program that is asked about its state print without end?',
          log,
        },
      )
    case 'stream':
      return failure(host, 'output', `more than ${mebibytes(STREAM_LIMIT)} were printed: it was cut off`, {
        hint: 'Does a command print without end? One that has so much to say writes it to a file on the host.',
        log,
      })
  }
}
