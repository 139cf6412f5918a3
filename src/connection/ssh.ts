import type { NodeSSH } from 'node-ssh'
import pLimit from 'p-limit'
import { aborted, messageOf, type ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import type { Connection } from './connection.ts'
import { errno, failure, place } from './failure.ts'
import { checkHostKey, hostKeyAlgorithms, type KnownHostsFiles } from './host-key.ts'
import { findIdentities, type Login, type LoginMemory, login, loginMemory } from './identities.ts'
import { type RootOptions, rootConnection, type Transport } from './root-exec.ts'
import { runOnChannel } from './ssh-exec.ts'
import { dial, socketFailure, watchSilence } from './tcp.ts'

/** sshd's MaxSessions is 10; one that was given up counts until its process ends, so some room is left. */
const MAX_CHANNELS = 8
const KEEPALIVE_SECONDS = 5
/** Three keepalives without an answer. */
const SILENCE_SECONDS = 17
const CLOSE_GRACE_MS = 1000

/**
 * Logs in with node-ssh.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export async function connectSsh(
  host: Host,
  files: KnownHostsFiles,
  env: NodeJS.ProcessEnv,
  { memory = loginMemory(), ...options }: RootOptions & { readonly memory?: LoginMemory } = {},
): Promise<Connection> {
  const { connectTimeout, user } = host.connection
  const library = import('node-ssh')
  const attempt = login(memory.ordered(host, await findIdentities(host, env)))
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    const stage = attempt.begun() ? 'login' : 'SSH handshake or TCP connection'
    deadline.abort(
      failure(host, 'timeout', `${place(host)}: no ${stage} within ${connectTimeout} s`, {
        hint: 'Is the address right, and does a firewall drop packets? connect_timeout sets the limit.',
      }),
    )
  }, connectTimeout * 1000)
  const onStop = () => deadline.abort(aborted(host.name))
  options.signal?.addEventListener('abort', onStop)
  try {
    const { NodeSSH } = await library
    const socket = await dial(host, deadline.signal)
    deadline.signal.addEventListener('abort', () => socket.destroy())
    const keyRefused: { why?: ProvisionError } = {}
    const ssh = new NodeSSH()
    const ready = ssh.connect({
      sock: socket,
      username: user,
      authHandler: attempt.handler,
      algorithms: { serverHostKey: hostKeyAlgorithms(readOrFail(files, host), host) },
      hostVerifier: (key: Buffer) => {
        const why = checkHostKey(files, host, key)
        if (why !== undefined) keyRefused.why = why
        return why === undefined
      },
      // The deadline above covers all of it.
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_SECONDS * 1000,
      // ssh2 counts answers only, and on a slow link they queue behind a long upload: `watchSilence` judges instead.
      keepaliveCountMax: Number.POSITIVE_INFINITY,
    })
    try {
      await ready
    } catch (error) {
      socket.destroy()
      throw deadline.signal.aborted ? deadline.signal.reason : (keyRefused.why ?? loginFailure(host, error, attempt))
    }
    const key = attempt.last()
    if (key) memory.worked(host, key)
    return established(host, ssh, (onSilent) => watchSilence(socket, SILENCE_SECONDS, onSilent), options)
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onStop)
  }
}

const readOrFail = (files: KnownHostsFiles, host: Host) => {
  try {
    return files.read(host.connection.knownHosts)
  } catch (error) {
    throw failure(host, 'host-key', `${host.connection.knownHosts} cannot be read: ${errno(error) ?? messageOf(error)}`)
  }
}

const loginFailure = (host: Host, error: unknown, attempt: Login): ProvisionError => {
  const message = messageOf(error)
  if (attempt.begun() && /too many authentication failures/i.test(message)) {
    return failure(host, 'auth', `${place(host)} takes no more keys (MaxAuthTries): ${attempt.story()}`, {
      hint: 'Name the right one by identity_file (its public part will do where ssh-agent holds it): no other is offered then.',
      cause: error,
    })
  }
  if (attempt.begun() && /authentication (methods )?fail/i.test(message)) {
    return failure(host, 'auth', `${place(host)} refuses the login: ${attempt.story()}`, {
      hint: 'Is the right key loaded (`ssh-add -l`) and in authorized_keys of this user?',
      cause: error,
    })
  }
  if (errno(error)?.startsWith('E') && errno(error) !== 'ETIMEDOUT') return socketFailure(host, error)
  // node-ssh's word for a connection that closed before the login was done.
  const cut = errno(error) === 'ETIMEDOUT' || /Connection lost before handshake/.test(message)
  return failure(
    host,
    'unreachable',
    cut ? `${place(host)} closed the connection before the login was done` : `${place(host)}: ${message}`,
    {
      hint: 'Is it sshd that listens there? Its log says why it hung up (MaxStartups, AllowUsers, penalties).',
      cause: error,
    },
  )
}

const established = (
  host: Host,
  ssh: NodeSSH,
  watch: (onSilent: () => void) => void,
  options: RootOptions,
): Connection => {
  const limit = pLimit(MAX_CHANNELS)
  const client = ssh.connection
  if (client === null) throw failure(host, 'unreachable', `${place(host)} hung up right after the login`)
  let lost = 'the connection was closed'
  let open = true
  const gone = new AbortController()
  // Without a listener a socket error between two execs would end the whole process.
  client.on('error', (error) => {
    lost = messageOf(error)
  })
  client.on('close', () => {
    open = false
    gone.abort()
  })
  watch(() => {
    lost = `nothing heard for ${SILENCE_SECONDS} s`
    client.destroy()
  })
  const linkLost = () => failure(host, 'unreachable', `link lost to ${place(host)}: ${lost}`)
  const transport: Transport = {
    run: (command, input, wire) =>
      limit(() => {
        if (!open) throw linkLost()
        if (wire.signal.aborted) throw wire.signal.reason
        return runOnChannel({ host, client, gone: gone.signal, linkLost }, command, input, wire)
      }),
    close: () =>
      new Promise((resolve) => {
        if (!open) return resolve()
        lost = 'it was closed on this side'
        const force = setTimeout(() => client.destroy(), CLOSE_GRACE_MS)
        client.once('close', () => {
          clearTimeout(force)
          resolve()
        })
        client.end()
      }),
  }
  return rootConnection(host, transport, options)
}
