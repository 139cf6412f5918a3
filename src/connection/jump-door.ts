import type { Duplex } from 'node:stream'
import { messageOf, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure } from './failure.ts'
import type { Session } from './session.ts'

/** So long a jump host is kept that nobody is behind any more. */
const IDLE_MS = 250

/** A jump host that is logged in. */
export interface JumpDoor {
  enter(): void
  leave(): void
  open(host: Target, signal: AbortSignal): Promise<Duplex>
  gone(): ProvisionError | undefined
}

export interface DoorEvents {
  /** It is gone while hosts were behind it. */
  onGone(why: ProvisionError): void
  /** Nobody enters it from now on. */
  forget(): void
  /** It is closed, for nobody was behind it any more: nor does it need what is on the way to it. */
  onClosed(): void
}

export function jumpDoor(jump: Target, session: Session, { onGone, forget, onClosed }: DoorEvents): JumpDoor {
  let inside = 0
  let why: ProvisionError | undefined
  let idle: NodeJS.Timeout | undefined
  let closing = false
  session.gone.addEventListener('abort', () => {
    clearTimeout(idle)
    if (closing) return onClosed()
    why = session.linkLost()
    onGone(why)
  })
  const rest = () => {
    idle = setTimeout(() => {
      closing = true
      forget()
      void session.close()
    }, IDLE_MS)
  }
  rest()
  return {
    enter() {
      inside += 1
      clearTimeout(idle)
    },
    leave() {
      inside -= 1
      if (inside === 0 && !session.gone.aborted) rest()
    },
    open: (host, signal) => forwarded(jump, session, host, signal),
    gone: () => why,
  }
}

/** A stream to a host's sshd that the jump host opens. */
function forwarded(jump: Target, session: Session, host: Target, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    const refused = (error: unknown) => {
      signal.removeEventListener('abort', giveUp)
      reject(session.gone.aborted ? session.linkLost() : channelFailure(jump, host, error))
    }
    try {
      session.client.forwardOut('127.0.0.1', 0, host.address, host.connection.port, (error, channel) => {
        if (error) return refused(error)
        signal.removeEventListener('abort', giveUp)
        channel.on('error', () => {})
        if (signal.aborted) return void channel.close()
        resolve(channel)
      })
    } catch (error) {
      refused(error)
    }
  })
}

/** What sshd of the jump host says of a host that it can't connect to. */
function channelFailure(jump: Target, host: Target, error: unknown): ProvisionError {
  const reason = messageOf(error).replace(/^\(SSH\) Channel open failure: /, '')
  const at = `${host.address} port ${host.connection.port}`
  const from = `from jump host ${jump.name}`
  const more = { cause: error }
  if (/refused/i.test(reason)) {
    const hint = 'Is sshd running there, and on this port?'
    return failure(host, 'refused', `${at} refuses the connection ${from}: nothing listens there`, { ...more, hint })
  }
  if (/timed out/i.test(reason)) return failure(host, 'timeout', `${at} does not answer ${from}`, more)
  if (/not known|resolv|no address/i.test(reason)) {
    return failure(host, 'dns', `the name ${host.address} is unknown on jump host ${jump.name}`, more)
  }
  if (/prohibited/i.test(reason)) {
    const hint = 'Its sshd must allow it: AllowTcpForwarding, PermitOpen.'
    return failure(host, 'unreachable', `jump host ${jump.name} does not forward to ${at}`, { ...more, hint })
  }
  return failure(host, 'unreachable', `no way to ${at} ${from}: ${reason}`, more)
}
