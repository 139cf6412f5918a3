import type { HostKeys } from './host-key.ts'
import { jumpHosts } from './jump-hosts.ts'
import { keyReader } from './key-file.ts'
import { loginMemory } from './login-memory.ts'
import type { LoginPassword } from './login-password.ts'
import { once } from './once.ts'
import type { OpenTransport } from './transport.ts'
import type { UnlockedKeys } from './unlock.ts'

/** What logins have in common, wherever they are made. */
export interface LoginMeans {
  readonly hostKeys: HostKeys
  /** Where SSH_AUTH_SOCK and HOME are looked up. */
  readonly env: NodeJS.ProcessEnv
  /** For logins where no key is accepted. */
  readonly password: LoginPassword | undefined
  /** Key files that were encrypted, by path. */
  readonly keys: UnlockedKeys | undefined
  /** Aborted when the user wants out at once: a login that is not done is given up. */
  readonly signal: AbortSignal | undefined
  /** Told once of each jump host that fails, and of what is odd and does not stop a login. */
  tell(message: string, hint: string | undefined): void
}

/**
 * Logs in from this process, by the transport that each host has. What logins share (jump hosts, keys that worked) is kept
 * here. Transports are loaded when the first host needs them.
 */
export function openHere({ hostKeys, env, password, keys, signal, tell }: LoginMeans): OpenTransport {
  const memory = loginMemory()
  // Each is imported once: loaders that compile on the fly hand half a module to those who ask while it loads.
  const ssh = once(async (): Promise<OpenTransport> => {
    const [{ openSsh }, { openSession }] = await Promise.all([import('./ssh.ts'), import('./session.ts')])
    const means = { hostKeys, env, memory, password, keys, readKey: keyReader(), signal }
    const jumps = jumpHosts((jump, way) => openSession(jump, way, means), tell)
    return (host) => openSsh(host, jumps, means)
  })
  const openssh = once(async (): Promise<OpenTransport> => {
    const [{ openOpenSsh }, { opensshWay }] = await Promise.all([import('./openssh.ts'), import('./openssh-way.ts')])
    const over = opensshWay(tell)
    return (host) => over(host, () => openOpenSsh(host, env, { keys, signal, loginPassword: password }))
  })
  return async (host) => (await (host.connection.transport === 'openssh' ? openssh : ssh)())(host)
}
