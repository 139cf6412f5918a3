import type { Duplex } from 'node:stream'
import type { NodeSSH } from 'node-ssh'
import type { Client } from 'ssh2'
import { aborted, messageOf, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { errno, failure, place } from './failure.ts'
import type { HostKeys } from './host-key.ts'
import { findIdentities } from './identities.ts'
import type { ReadKey } from './key-file.ts'
import { logIn } from './login.ts'
import type { LoginMemory } from './login-memory.ts'
import type { LoginPassword } from './login-password.ts'
import { type Offers, offering, type Refusal } from './offers.ts'
import { socketFailure, watchSilence } from './tcp.ts'
import type { UnlockedKeys } from './unlock.ts'
import type { Way } from './way.ts'

const KEEPALIVE_SECONDS = 5
const KEEPALIVES = 3
const CLOSE_GRACE_MS = 1000

/** What the logins of a run have in common. */
export interface SessionMeans {
  readonly hostKeys: HostKeys
  readonly env: NodeJS.ProcessEnv
  readonly memory: LoginMemory
  readonly keys?: UnlockedKeys | undefined
  /** How key files are read. */
  readonly readKey: ReadKey
  readonly password?: LoginPassword | undefined
  /** Aborted when the user wants out at once: a login that is not done is given up. */
  readonly signal?: AbortSignal | undefined
}

/** A login that is done. */
export interface Session {
  readonly client: Client
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal
  linkLost(): ProvisionError
  close(): Promise<void>
}

/**
 * Logs in with node-ssh.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export async function openSession(host: Target, way: Way, means: SessionMeans): Promise<Session> {
  const library = import('node-ssh')
  const { memory, password } = means
  const identities = memory.ordered(host, await findIdentities(host, means.env, means.keys, means.readKey))
  const { NodeSSH } = await library
  const { ssh, socket } = await logIn<Opened>({
    host,
    offering: offering(host.connection.user, identities),
    memory,
    password,
    open: (offers) => open(host, new NodeSSH(), means.hostKeys, offers, way, means.signal),
  })
  return sessionOf(host, ssh, socket, way)
}

interface Opened {
  readonly ssh: NodeSSH
  readonly socket: Duplex
}

/** One connection: in, or refused. */
async function open(
  host: Target,
  ssh: NodeSSH,
  hostKeys: HostKeys,
  offers: Offers,
  way: Way,
  signal: AbortSignal | undefined,
): Promise<Opened | Refusal> {
  const { connectTimeout, user } = host.connection
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    const stage = offers.begun() ? 'login' : 'SSH handshake or TCP connection'
    deadline.abort(
      failure(host, 'timeout', `${place(host)}: no ${stage} within ${connectTimeout} s`, {
        hint: 'Is the address right, and does a firewall drop packets? connect_timeout sets the limit.',
      }),
    )
  }, connectTimeout * 1000)
  const onStop = () => deadline.abort(aborted(host.name))
  signal?.addEventListener('abort', onStop)
  try {
    if (signal?.aborted) throw aborted(host.name)
    const serverHostKey = await hostKeys.algorithms(host)
    const socket = await way.open(deadline.signal)
    deadline.signal.addEventListener('abort', () => socket.destroy())
    const keyRefused: { why?: unknown } = {}
    const ready = ssh.connect({
      sock: socket,
      username: user,
      authHandler: offers.handler,
      algorithms: { serverHostKey: [...serverHostKey] },
      hostVerifier: (key: Buffer, verify: (isGood: boolean) => void) => {
        const refuse = (why: unknown) => {
          keyRefused.why = why
          verify(false)
        }
        hostKeys.check(host, key).then((why) => (why === undefined ? verify(true) : refuse(why)), refuse)
      },
      // The deadline above covers all of it.
      readyTimeout: 0,
      keepaliveInterval: (host.connection.aliveInterval ?? KEEPALIVE_SECONDS) * 1000,
      // ssh2 counts answers only, and on a slow link they queue behind a long upload: `watchSilence` judges instead.
      keepaliveCountMax: Number.POSITIVE_INFINITY,
    })
    // Without an answer it would wait for one until the deadline.
    ssh.connection?.on('change password', () => deadline.abort(expired(host)))
    try {
      await ready
    } catch (error) {
      socket.destroy()
      if (deadline.signal.aborted) throw deadline.signal.reason
      if (keyRefused.why !== undefined) throw keyRefused.why
      const broken = way.broken()
      if (broken !== undefined) throw broken
      return refusalOf(error, offers) ?? fail(loginFailure(host, error))
    }
    return { ssh, socket }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onStop)
  }
}

const fail = (error: ProvisionError): never => {
  throw error
}

const expired = (host: Target) =>
  failure(host, 'auth', `${place(host)} wants a new password for ${host.connection.user}: the one given has expired`, {
    hint: `Log in once by hand and set it: \`ssh ${host.connection.user}@${host.address}\`.`,
  })

/** What the end of a connection means for what was offered; undefined: it has nothing to do with it. */
function refusalOf(error: unknown, offers: Offers): Refusal | undefined {
  if (!offers.begun()) return undefined
  const message = messageOf(error)
  if (/too many authentication failures/i.test(message)) return 'too many'
  if (/authentication (methods )?fail/i.test(message)) return 'refused'
  if (typeof error === 'object' && error !== null && 'level' in error && error.level === 'agent') return 'unsigned'
  return isCut(error) && typeof offers.last() === 'object' ? 'closed' : undefined
}

/** node-ssh's word for a connection that closed before the login was done. */
const isCut = (error: unknown): boolean =>
  errno(error) === 'ETIMEDOUT' || /Connection lost before handshake/.test(messageOf(error))

const loginFailure = (host: Target, error: unknown): ProvisionError => {
  if (errno(error)?.startsWith('E') && errno(error) !== 'ETIMEDOUT') return socketFailure(host, error)
  return failure(
    host,
    'unreachable',
    isCut(error)
      ? `${place(host)} closed the connection before the login was done`
      : `${place(host)}: ${messageOf(error)}`,
    {
      hint: 'Is it sshd that listens there? Its log says why it hung up (MaxStartups, AllowUsers, penalties).',
      cause: error,
    },
  )
}

function sessionOf(host: Target, ssh: NodeSSH, socket: Duplex, way: Way): Session {
  const client = ssh.connection
  if (client === null) throw failure(host, 'unreachable', `${place(host)} hung up right after the login`)
  let lost = 'the connection was closed'
  let isOpen = true
  const gone = new AbortController()
  // Without a listener a socket error between two execs would end the whole process.
  client.on('error', (error) => {
    lost = messageOf(error)
  })
  client.on('close', () => {
    isOpen = false
    gone.abort()
  })
  const { aliveInterval = KEEPALIVE_SECONDS, aliveCountMax = KEEPALIVES } = host.connection
  // Without keepalives nobody is expected to say anything.
  if (aliveInterval > 0) {
    const seconds = aliveInterval * aliveCountMax + 2
    watchSilence(socket, seconds, () => {
      lost = `nothing heard for ${seconds} s`
      client.destroy()
    })
  }
  return {
    client,
    gone: gone.signal,
    linkLost: () => way.broken() ?? failure(host, 'unreachable', `link lost to ${place(host)}: ${lost}`),
    close: () =>
      new Promise((resolve) => {
        if (!isOpen) return resolve()
        lost = 'it was closed on this side'
        const force = setTimeout(() => client.destroy(), CLOSE_GRACE_MS)
        client.once('close', () => {
          clearTimeout(force)
          resolve()
        })
        client.end()
      }),
  }
}
