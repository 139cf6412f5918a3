import { aborted } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Transport } from '../inventory/transports.ts'
import type { Secret } from '../masking/secret.ts'
import type { Connection } from './connection.ts'
import { knownHostsFiles } from './host-key.ts'
import { jumpHosts } from './jump-hosts.ts'
import { keyReader } from './key-file.ts'
import { loginMemory } from './login-memory.ts'
import { loginPassword } from './login-password.ts'
import type { UnlockedKeys } from './unlock.ts'

export interface ConnectOptions {
  /** Told of what is odd and does not stop the login, e.g. a malformed line of known_hosts. */
  readonly warn?: (message: string, hint?: string) => void
  /** Where SSH_AUTH_SOCK and HOME are looked up; default: this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** Replaces secrets in what a failure tells of a host's output: it may hold half of one that later masks miss. */
  readonly mask?: (text: string) => string
  /** Aborted when the user wants out at once: a login that is not done is given up. */
  readonly signal?: AbortSignal | undefined
  /** Key files that were encrypted, by path. */
  readonly keys?: UnlockedKeys | undefined
  /** For logins where no key is accepted. */
  readonly password?: Secret | undefined
}

type Connect = (host: Target) => Promise<Connection>

const once = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load()
    return loaded
  }
}

/**
 * A function that connects hosts and shares what they have in common, such as a parsed known_hosts. Transports are
 * loaded when the first host needs them.
 */
export function connector(options: ConnectOptions = {}): Connect {
  const files = knownHostsFiles(options.warn)
  const env = options.env ?? process.env
  const memory = loginMemory()
  const password = options.password && loginPassword(options.password)
  const tell = (message: string, hint: string | undefined) => options.warn?.(message, hint)
  // Each is imported once: loaders that compile on the fly hand half a module to those who ask while it loads.
  const transports: Readonly<Record<Transport, () => Promise<Connect>>> = {
    ssh: once(async () => {
      const [{ connectSsh }, { openSession }] = await Promise.all([import('./ssh.ts'), import('./session.ts')])
      const means = { files, env, memory, password, keys: options.keys, readKey: keyReader(), signal: options.signal }
      const jumps = jumpHosts((jump, way) => openSession(jump, way, means), tell)
      return (host) => connectSsh(host, jumps, means, options)
    }),
    openssh: once(async () => {
      const [{ connectOpenSsh }, { opensshWay }] = await Promise.all([
        import('./openssh.ts'),
        import('./openssh-way.ts'),
      ])
      const over = opensshWay(tell)
      return (host) => over(host, () => connectOpenSsh(host, env, { ...options, loginPassword: password }))
    }),
    local: once(async () => {
      const { connectLocal } = await import('./local.ts')
      return (host) => connectLocal(host, env, options)
    }),
  }
  return async (declared) => {
    if (options.signal?.aborted) throw aborted(declared.name)
    // What follows only logs in: its address is where it does.
    const host = { ...declared, address: declared.connection.host ?? declared.address }
    const open = await transports[host.connection.transport]()
    return open(host)
  }
}

/**
 * Connects one host by its transport.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export function connect(host: Target, options?: ConnectOptions): Promise<Connection> {
  return connector(options)(host)
}
