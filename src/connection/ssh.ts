import pLimit from 'p-limit'
import type { Target } from '../inventory/inventory.ts'
import type { JumpHosts } from './jump-hosts.ts'
import { openSession, type Session, type SessionMeans } from './session.ts'
import { runOnChannel } from './ssh-exec.ts'
import type { Transport } from './transport.ts'

/** sshd's MaxSessions is 10; one that was given up counts until its process ends, so some room is left. */
const MAX_CHANNELS = 8

/**
 * A login of our own, over the host's jump hosts.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export async function openSsh(host: Target, jumpHosts: JumpHosts, means: SessionMeans): Promise<Transport> {
  const way = await jumpHosts.wayTo(host)
  try {
    const session = await way.turn(() => openSession(host, way, means))
    session.gone.addEventListener('abort', () => way.leave(), { once: true })
    return transportOf(host, session)
  } catch (error) {
    way.leave()
    throw error
  }
}

function transportOf(host: Target, { client, gone, linkLost, close }: Session): Transport {
  const limit = pLimit(MAX_CHANNELS)
  return {
    run: (command, input, wire) =>
      limit(() => {
        if (gone.aborted) throw linkLost()
        if (wire.signal.aborted) throw wire.signal.reason
        return runOnChannel({ host, client, gone, linkLost }, command, input, wire)
      }),
    close,
  }
}
