import { resolve } from 'node:path'
import type { Secret } from '../masking/secret.ts'
import type { ConnectionSettings } from './inventory.ts'
import type { ConnectionFile } from './schema.ts'

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

/** An absolute path from one as it is written in hosts.yml. */
export function expandPath(path: string, dir: string, home: string): string {
  if (path === '~') return home
  return path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(dir, path)
}

/** The settings of one host from what is written, the narrower over the wider, with the defaults. */
export function connectionSettings(
  layers: ConnectionLayers,
  { dir, home, passwords, becomePassword }: ConnectionContext,
): ConnectionSettings {
  const written = merged(layers)
  const path = (text: string | undefined) => (text === undefined ? undefined : expandPath(text, dir, home))
  const user = written.user ?? 'root'
  const become = written.become ?? (user === 'root' ? 'none' : 'sudo')
  const passwordFile = path(written.become_password_file)
  const password = passwordFile === undefined ? becomePassword : passwords.get(passwordFile)
  return {
    transport: written.transport ?? 'ssh',
    host: written.host,
    user,
    port: written.port ?? 22,
    identityFile: path(written.identity_file),
    knownHosts: path(written.known_hosts) ?? resolve(home, '.ssh/known_hosts'),
    hostKeyChecking: written.host_key_checking ?? 'strict',
    become,
    becomePassword: become === 'sudo' ? password : undefined,
    connectTimeout: written.connect_timeout ?? 10,
  }
}

const merged = (layers: ConnectionLayers): ConnectionFile => Object.assign({}, ...layers)
