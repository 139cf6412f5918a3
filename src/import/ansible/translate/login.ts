import { isAbsolute, relative, resolve } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Setting } from '../inventory/precedence.ts'
import { type AnsibleCfg, ansibleBoolean, type CfgEntry } from '../parse/cfg.ts'
import { isJinja, type Place, plain } from '../parse/value.ts'
import type { LoginVar } from './own-vars.ts'
import { filledIn, type Lookup } from './simple-jinja.ts'
import { readSshArgs, type SshArgs } from './ssh-args.ts'

/** A `connection` as hosts.yml has it. */
export interface Connection {
  readonly transport?: 'local' | undefined
  readonly user?: string | undefined
  readonly port?: number | undefined
  readonly identity_file?: string | undefined
  readonly known_hosts?: string | undefined
  readonly host_key_checking?: 'strict' | 'accept-new' | undefined
  readonly connect_timeout?: number | undefined
  readonly proxy_jump?: string | undefined
}

export interface Login {
  /** Undefined: it is no host that can be managed over ssh, or nobody can tell its address. */
  readonly address: string | undefined
  readonly connection: Connection
  readonly findings: readonly Finding[]
}

export interface LoginContext {
  readonly cfg: AnsibleCfg | undefined
  /** Folder of ansible.cfg, absolute. */
  readonly cfgDir: string | undefined
  /** Folder of the inventory, absolute. */
  readonly dir: string
  /** Where Ansible would be called: relative paths of keys in vars are from there. */
  readonly cwd: string
  /** Folder of the new hosts.yml, absolute: paths in it are relative to it. */
  readonly out: string
}

interface Text {
  readonly text: string
  readonly at: Place
  readonly subject: string
}

/** How a host is logged in at, from what is set for it. */
export function loginOf(
  host: { readonly name: string; readonly at: Place },
  set: ReadonlyMap<string, Setting>,
  context: LoginContext,
): Login {
  const findings: Finding[] = []
  const lookup = lookupFor(host.name, set, context)
  const note = (kind: Finding['kind'], { at, subject }: Omit<Text, 'text'>, text: string): void => {
    findings.push({ kind, at, subject, note: text })
  }
  /** The first that is set; the old names win in Ansible where both are there. */
  const textOf = (...names: readonly LoginVar[]): Text | undefined => {
    const name = names.find((one) => isSet(set.get(one)))
    const found = name === undefined ? undefined : set.get(name)
    if (name === undefined || found === undefined) return undefined
    const { value, at, vault } = found.value
    const place = { at, subject: name }
    const filled =
      vault.length > 0 ? undefined : filledIn(String(plain(value)), found.value.unsafe ? () => undefined : lookup)
    if (filled === undefined) note(vault.length > 0 ? 'vault' : 'jinja', place, 'set it in hosts.yml')
    return filled === undefined ? undefined : { ...place, text: filled }
  }
  const fromCfg = (section: string, key: string): Text | undefined => cfgText(context.cfg?.get(section, key))
  const wrong = (one: Text, what: string): undefined => {
    note('attention', one, `it is no ${what}: not carried`)
  }

  const kind = textOf('ansible_connection') ?? fromCfg('defaults', 'transport')
  const family = kind?.text.replace(/^ansible\.(builtin|netcommon)\./, '') ?? 'ssh'
  if (kind !== undefined && !['ssh', 'smart', 'paramiko', 'paramiko_ssh', 'libssh', 'local'].includes(family)) {
    note('host', { at: host.at, subject: host.name }, `it is reached by '${family}', and here by ssh`)
    return { address: undefined, connection: {}, findings }
  }
  const named = textOf('ansible_ssh_host', 'ansible_host')
  // `deploy@web1` as the name of a host is handed to ssh as it is.
  const [, inName, bareName = host.name] = /^([^@]+)@(.+)$/.exec(host.name) ?? []
  const address = addressOf({ ...host, bareName }, named, family === 'local', note)
  const user = textOf('ansible_ssh_user', 'ansible_user') ?? fromCfg('defaults', 'remote_user')
  becoming(textOf, fromCfg, note, user?.text === 'root')
  if (family === 'local') return { address, connection: { transport: 'local' }, findings }

  const sshArgs = [
    textOf('ansible_ssh_args') ?? fromCfg('ssh_connection', 'ssh_args'),
    textOf('ansible_ssh_common_args') ?? fromCfg('ssh_connection', 'ssh_common_args'),
    textOf('ansible_ssh_extra_args') ?? fromCfg('ssh_connection', 'ssh_extra_args'),
  ].map((one) => {
    const read = readSshArgs(one?.text ?? '')
    for (const { option, hint } of read.left) {
      if (one !== undefined) note('connection', { at: one.at, subject: `${one.subject}: ${option}` }, hint)
    }
    return read
  })
  const args = <K extends keyof SshArgs>(key: K): SshArgs[K] | undefined =>
    sshArgs.map((one) => one[key]).find((one) => one !== undefined)

  const port = textOf('ansible_ssh_port', 'ansible_port') ?? fromCfg('defaults', 'remote_port')
  const key = textOf('ansible_ssh_private_key_file', 'ansible_private_key_file')
  const cfgKey = fromCfg('defaults', 'private_key_file')
  const timeout = textOf('ansible_ssh_timeout', 'ansible_timeout') ?? fromCfg('defaults', 'timeout')
  const checking =
    textOf('ansible_ssh_host_key_checking', 'ansible_host_key_checking') ??
    fromCfg('ssh_connection', 'host_key_checking') ??
    fromCfg('defaults', 'host_key_checking')
  const path = (text: string | undefined, from: string | undefined) =>
    text === undefined ? undefined : pathFrom(context.out, text, from ?? context.cwd)
  const jump = args('proxyJump')
  const isOwnJump = leadsTo(jump, host.name, address)
  if (isOwnJump) note('attention', { at: host.at, subject: `jump host ${host.name}` }, 'it is not reached over itself')
  const connection = {
    user:
      (user && (USER.test(user.text) ? user.text : wrong(user, 'login name'))) ??
      args('user') ??
      (named === undefined ? inName : undefined),
    port: (port && (isPort(port.text) ? Number(port.text) : wrong(port, 'port'))) ?? args('port'),
    identity_file:
      path(key?.text, context.cwd) ?? path(cfgKey?.text, context.cfgDir) ?? path(args('identityFile'), context.cwd),
    known_hosts: path(args('knownHosts'), context.cwd),
    host_key_checking: checkingOf(checking, args('hostKeyChecking')),
    connect_timeout: secondsOf(timeout, wrong) ?? args('connectTimeout'),
    proxy_jump: isOwnJump ? 'none' : jump,
  }
  return { address, connection, findings }
}

const isSet = (setting: Setting | undefined): boolean =>
  setting !== undefined &&
  ((setting.value.value !== null && setting.value.value !== '') || setting.value.vault.length > 0)

const USER = /^[A-Za-z0-9_][A-Za-z0-9._@\\-]*\$?$/
const ADDRESS = /^[A-Za-z0-9:_][A-Za-z0-9:._%-]*$/
const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

type Note = (kind: Finding['kind'], what: Omit<Text, 'text'>, text: string) => void

function addressOf(
  host: { readonly name: string; readonly bareName: string; readonly at: Place },
  named: Text | undefined,
  isLocal: boolean,
  note: Note,
): string | undefined {
  const bare = named?.text.replace(/^\[(.*)\]$/, '$1') ?? (isLocal ? '127.0.0.1' : host.bareName)
  if (ADDRESS.test(bare)) return bare
  note('host', { at: named?.at ?? host.at, subject: host.name }, 'its address is no name and no IP address')
  return undefined
}

/** Whether the jump host is the host itself. */
function leadsTo(jump: string | undefined, name: string, address: string | undefined): boolean {
  const to = jump === undefined ? undefined : /^(?:[^@]*@)?\[?([^\]]*?)\]?(?::\d+)?$/.exec(jump)?.[1]
  return to !== undefined && (to === name || to === address)
}

/** Every host is managed as root here, whatever a play says. */
function becoming(
  textOf: (...names: LoginVar[]) => Text | undefined,
  fromCfg: (section: string, key: string) => Text | undefined,
  note: Note,
  isRootAlready: boolean,
): void {
  const of = (name: LoginVar, key: string) => textOf(name) ?? fromCfg('privilege_escalation', key)
  const become = of('ansible_become', 'become') ?? textOf('ansible_sudo')
  const method = of('ansible_become_method', 'become_method')
  const user = of('ansible_become_user', 'become_user')
  const becomes = become === undefined ? undefined : ansibleBoolean(become.text)
  if (become !== undefined && (becomes === true || (becomes === false && isRootAlready)))
    note('needless', become, 'hosts are managed as root anyway')
  else if (become !== undefined && becomes === false) {
    note('connection', become, 'hosts are managed as root here: a login that is not root uses sudo')
  }
  if (method !== undefined) {
    const isSudo = /^(ansible\.builtin\.)?sudo$/.test(method.text)
    note(
      isSudo ? 'needless' : 'connection',
      method,
      isSudo ? 'sudo is the way to root anyway' : 'the way to root is sudo here',
    )
  }
  if (user !== undefined) {
    const isRoot = user.text === 'root'
    note(
      isRoot ? 'needless' : 'connection',
      user,
      isRoot ? 'hosts are managed as root anyway' : 'hosts are managed as root here',
    )
  }
}

function lookupFor(host: string, set: ReadonlyMap<string, Setting>, { dir, cfgDir }: LoginContext): Lookup {
  return (name) => {
    if (name === 'inventory_hostname') return host
    if (name === 'inventory_hostname_short') return host.split('.')[0]
    if (name === 'inventory_dir') return dir
    if (name === 'playbook_dir') return cfgDir
    const found = set.get(name)?.value
    if (found === undefined || found.vault.length > 0) return undefined
    if (isJinja(found) && typeof found.value !== 'string') return undefined
    const value = plain(found.value)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }
}

const cfgText = (entry: CfgEntry | undefined): Text | undefined =>
  entry === undefined || entry.value === '' ? undefined : { text: entry.value, at: entry.at, subject: entry.key }

/** False accepts any key there, for ever; the nearest here takes the first and refuses another. */
const checkingOf = (checking: Text | undefined, args: SshArgs['hostKeyChecking']): Connection['host_key_checking'] =>
  (checking !== undefined && ansibleBoolean(checking.text) === false ? 'accept-new' : undefined) ?? args

function secondsOf(timeout: Text | undefined, wrong: (one: Text, what: string) => undefined): number | undefined {
  if (timeout === undefined) return undefined
  const seconds = Number(timeout.text)
  return seconds > 0 && seconds <= 600 ? seconds : wrong(timeout, 'number of seconds up to 600')
}

/** As hosts.yml has paths: `~` and absolute ones as they are, others relative to it. */
function pathFrom(out: string, path: string, from: string): string {
  if (path.startsWith('~')) return path
  if (isAbsolute(path)) return path
  return relative(out, resolve(from, path))
}
