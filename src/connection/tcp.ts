import { createConnection, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { errno, failure, place } from './failure.ts'

/** Turns what the system says about a socket into a failure that says what is wrong with this host. */
export function socketFailure(host: Target, error: unknown): ProvisionError {
  const at = `${host.address} port ${host.connection.port}`
  const more = { cause: error }
  switch (errno(error)) {
    case 'ENOTFOUND':
      return failure(host, 'dns', `the name ${host.address} is unknown`, more)
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
      return failure(host, 'dns', `the name ${host.address} cannot be looked up now: no name server answers`, more)
    case 'ECONNREFUSED':
      return failure(host, 'refused', `${at} refuses the connection: nothing listens there`, {
        ...more,
        hint: 'Is sshd running there, and on this port?',
      })
    case 'ETIMEDOUT':
      return failure(host, 'timeout', `${at} does not answer`, more)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failure(host, 'unreachable', `no route to ${host.address}`, more)
    case 'ECONNRESET':
    case 'EPIPE':
      return failure(host, 'unreachable', `${at} cut the connection`, more)
    default:
      return failure(host, 'unreachable', `cannot reach ${place(host)}: ${messageOf(error)}`, more)
  }
}

/**
 * Opens the TCP connection. Nagle's algorithm is off: against delayed ACKs it costs an SSH login about 0.1 s.
 * @throws ProvisionError dns, refused, timeout, unreachable.
 */
export function dial(host: Target, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({
      host: host.address,
      port: host.connection.port,
      noDelay: true,
      family: host.connection.family,
      localAddress: host.connection.bindAddress,
      // Node gives each address of a name 250 ms by default: less than a far host needs.
      autoSelectFamilyAttemptTimeout: 2000,
    })
    const abort = () => socket.destroy(signal.reason)
    const finalise = () => {
      signal.removeEventListener('abort', abort)
      socket.removeListener('error', onError)
    }
    const onError = (error: unknown) => {
      finalise()
      reject(signal.aborted ? signal.reason : socketFailure(host, error))
    }
    signal.addEventListener('abort', abort)
    socket.once('error', onError)
    socket.once('connect', () => {
      finalise()
      resolve(socket)
    })
  })
}

/**
 * Destroys a socket that has been silent for so long that the peer, which answers keepalives, must be gone. It counts
 * its own ticks instead of reading a clock, so that a controller that slept or was busy does not blame the link.
 */
export function watchSilence(socket: Duplex, seconds: number, onSilent: () => void): void {
  let silent = 0
  const timer = setInterval(() => {
    silent += 1
    if (silent >= seconds) onSilent()
  }, 1000)
  timer.unref()
  socket.on('data', () => {
    silent = 0
  })
  socket.once('close', () => clearInterval(timer))
}
