import { aborted } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import type { Secret } from '../masking/secret.ts'
import type { Connection } from './connection.ts'
import { hostKeysOf, knownHostsFiles } from './host-key.ts'
import { loginPassword } from './login-password.ts'
import { once } from './once.ts'
import { type LoginMeans, openHere } from './open.ts'
import { rootConnection } from './root-exec.ts'
import type { OpenTransport } from './transport.ts'
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
  /** Where logins are made; default: in this process. */
  readonly logins?: ((means: LoginMeans) => OpenTransport) | undefined
}

type Connect = (host: Target) => Promise<Connection>

/** A function that connects hosts and shares what they have in common, such as a parsed known_hosts. */
export function connector(options: ConnectOptions = {}): Connect {
  const env = options.env ?? process.env
  const open = (options.logins ?? openHere)({
    hostKeys: hostKeysOf(knownHostsFiles(options.warn)),
    env,
    password: options.password && loginPassword(options.password),
    keys: options.keys,
    signal: options.signal,
    tell: (message, hint) => options.warn?.(message, hint),
  })
  const here = once(() => import('./local.ts'))
  return async (declared) => {
    if (options.signal?.aborted) throw aborted(declared.name)
    // What follows only logs in: its address is where it does.
    const host = { ...declared, address: declared.connection.host ?? declared.address }
    if (host.connection.transport === 'local') return (await here()).connectLocal(host, env, options)
    return rootConnection(host, await open(host), options)
  }
}

/**
 * Connects one host by its transport.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export function connect(host: Target, options?: ConnectOptions): Promise<Connection> {
  return connector(options)(host)
}
