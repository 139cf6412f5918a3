import { resolve } from 'node:path'
import type { Secret } from '../masking/secret.ts'
import type { SshOptions } from '../ssh-config/options.ts'
import type { ConnectionSettings } from './inventory.ts'
import type { ConnectionFile } from './schemas/connection.ts'

export interface ConnectionContext {
  /** Folder of hosts.yml: paths in it are relative to it. */
  readonly dir: string
  /** Home of who runs provision, for `~`. */
  readonly home: string
  /** Sudo passwords by absolute path of the file that holds each. */
  readonly passwords: ReadonlyMap<string, Secret>
  /** For hosts that use sudo and name no file. */
  readonly becomePassword: Secret | undefined
}

/** What is written for all hosts, for the groups, for the tier, for the host: the narrower later. */
export type ConnectionLayers = readonly (ConnectionFile | undefined)[]

/** All that is written of one login. */
export type Written = { readonly [Key in keyof ConnectionFile]: ConnectionFile[Key] | undefined }

/** The narrower over the wider, key by key. */
export const merged = (layers: ConnectionLayers): Written => Object.assign({}, ...layers)

/** An absolute path from one as it is written in hosts.yml. */
export function expandPath(path: string, dir: string, home: string): string {
  if (path === '~') return home
  return path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(dir, path)
}

const GLOBAL_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

/**
 * The settings of one host: what the inventory says, then ssh_config, then the defaults.
 * @param name what ssh_config was asked for
 */
export function connectionSettings(
  written: Written,
  name: string,
  options: SshOptions | undefined,
  defaultUser: string,
  { dir, home, passwords, becomePassword }: ConnectionContext,
): ConnectionSettings {
  const path = (text: string | undefined) => (text === undefined ? undefined : expandPath(text, dir, home))
  const user = written.user ?? options?.user ?? defaultUser
  const become = written.become ?? (user === 'root' ? 'none' : 'sudo')
  const passwordFile = path(written.become_password_file)
  const password = passwordFile === undefined ? becomePassword : passwords.get(passwordFile)
  const own = path(written.known_hosts)
  const [first = '/dev/null', ...further] =
    own === undefined ? (options?.userKnownHosts ?? [resolve(home, '.ssh/known_hosts')]) : [own]
  return {
    transport: written.transport ?? 'ssh',
    host: options?.hostName ?? written.host,
    ...(options && options.hostName !== name && { alias: name }),
    user,
    port: written.port ?? options?.port ?? 22,
    identityFile: path(written.identity_file),
    knownHosts: first,
    hostKeyChecking: written.host_key_checking ?? 'strict',
    become,
    becomePassword: become === 'sudo' ? password : undefined,
    connectTimeout: written.connect_timeout ?? options?.connectTimeout ?? 10,
    ...(options && {
      identityFiles: options.identityFiles,
      identitiesOnly: options.identitiesOnly,
      identityAgent: options.identityAgent,
      moreKnownHosts: [...further, ...(options.globalKnownHosts ?? GLOBAL_KNOWN_HOSTS)],
      hostKeyAlias: options.hostKeyAlias,
      aliveInterval: options.aliveInterval,
      aliveCountMax: options.aliveCountMax,
      family: options.family,
      bindAddress: options.bindAddress,
    }),
    ...(written.ssh_config === false && { sshConfig: 'none' }),
    ...(typeof written.ssh_config === 'string' && { sshConfig: path(written.ssh_config) }),
  }
}
