import { aborted, messageOf } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { errno, failure, place } from './failure.ts'
import { type HostKeyAlgorithm, hostKeyAlgorithms } from './host-key.ts'
import type { KnownHosts } from './known-hosts.ts'
import { socketFailure } from './tcp.ts'
import type { Way } from './way.ts'

/**
 * The key that a host shows a login of the built-in transport. Nobody logs in, and no key is offered.
 * @param prefer types to ask for first
 * @throws ProvisionError dns, refused, timeout, unreachable
 */
export async function scanSsh(
  host: Target,
  way: Way,
  known: readonly KnownHosts[],
  prefer: (algorithm: HostKeyAlgorithm) => boolean,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const { default: ssh2 } = await import('ssh2')
  const { connectTimeout, user } = host.connection
  const deadline = new AbortController()
  const late = () => failure(host, 'timeout', `${place(host)}: no SSH handshake within ${connectTimeout} s`)
  const timer = setTimeout(() => deadline.abort(late()), connectTimeout * 1000)
  const onStop = () => deadline.abort(aborted(host.name))
  signal?.addEventListener('abort', onStop)
  try {
    const socket = await way.open(deadline.signal)
    const algorithms = hostKeyAlgorithms(known, host)
    return await new Promise<Buffer>((resolve, reject) => {
      const client = new ssh2.Client()
      deadline.signal.addEventListener('abort', () => {
        reject(deadline.signal.reason)
        socket.destroy()
      })
      client.on('error', (error) => reject(noKey(host, error)))
      client.on('close', () => reject(noKey(host, new Error('it hung up'))))
      client.connect({
        sock: socket,
        username: user,
        readyTimeout: 0,
        algorithms: {
          serverHostKey: [...algorithms.filter(prefer), ...algorithms.filter((algorithm) => !prefer(algorithm))],
        },
        hostVerifier: (key: Buffer) => {
          resolve(key)
          socket.destroy()
          return false
        },
      })
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onStop)
  }
}

const noKey = (host: Target, error: unknown) =>
  errno(error)?.startsWith('E')
    ? socketFailure(host, error)
    : failure(host, 'unreachable', `${place(host)} showed no host key: ${messageOf(error)}`, {
        hint: 'Is it sshd that listens there?',
        cause: error,
      })
