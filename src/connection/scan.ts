import type { Target } from '../inventory/inventory.ts'
import { type HostKeyAlgorithm, type KnownHostsFiles, knownAs, knownHostsOf, verdictOf } from './host-key.ts'
import type { JumpHosts } from './jump-hosts.ts'
import type { ShownKey } from './shown-key.ts'

export interface ScanMeans {
  readonly files: KnownHostsFiles
  readonly env: NodeJS.ProcessEnv
  /** Jump hosts are logged in at: what is behind them is seen from there only. */
  readonly jumpHosts: JumpHosts
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks a host for its key as a login by its transport would see it. Nobody logs in.
 * @param prefer types of keys to ask for first
 * @returns undefined: there is nothing to find out, since the host is this machine, or ssh knows its key
 * @throws ProvisionError dns, refused, timeout, unreachable
 */
export async function scanHostKey(
  declared: Target,
  { files, env, jumpHosts, signal }: ScanMeans,
  prefer: (algorithm: HostKeyAlgorithm) => boolean = () => false,
): Promise<ShownKey | undefined> {
  const host = { ...declared, address: declared.connection.host ?? declared.address }
  const { transport } = host.connection
  if (transport === 'local') return undefined
  const known = knownHostsOf(host).map((path) => files.read(path))
  if (transport === 'openssh') {
    const { scanOpenSsh } = await import('./scan-openssh.ts')
    return scanOpenSsh(host, files.read(host.connection.knownHosts), env, signal)
  }
  const { scanSsh } = await import('./scan-ssh.ts')
  const way = await jumpHosts.wayTo(host)
  try {
    const key = await way.turn(() => scanSsh(host, way, known, prefer, signal))
    return { key, name: knownAs(host), ...verdictOf(files, host, key) }
  } finally {
    way.leave()
  }
}
