import type { Target } from '../inventory/inventory.ts'
import { words } from '../shell/quote.ts'

/**
 * What an ssh may ask for, where something answers it: the passphrases of keys, or the login's password, after no key was
 * accepted. undefined: nothing.
 */
export type MayAsk = 'passphrase' | 'password' | undefined

const ASKING = {
  passphrase: { BatchMode: 'no', PasswordAuthentication: 'no', KbdInteractiveAuthentication: 'no' },
  // On a connection of its own, so that no key uses up its tries; and once, for a wrong one may lock the account.
  password: { BatchMode: 'no', PubkeyAuthentication: 'no', NumberOfPasswordPrompts: '1' },
} as const

const JUMP_SECONDS = 3

/** Seconds until the login must be done: jump hosts first, so that the one that hangs is known by who gives up. */
export const patienceOf = ({ connection: { connectTimeout, jumps = [] } }: Target): number =>
  connectTimeout + JUMP_SECONDS * jumps.length

/**
 * What every ssh is told: what the inventory and ssh_config say as we understand it. It reads ssh_config by itself for what
 * we leave to it.
 */
function sshArguments(host: Target, mayAsk?: MayAsk): string[] {
  const { port, user, identityFile, knownHosts, moreKnownHosts = [], hostKeyChecking } = host.connection
  const { aliveInterval, aliveCountMax, alias, sshConfig, leftToSsh = [] } = host.connection
  const own = (keyword: string) => !leftToSsh.includes(keyword)
  const proxy = proxyCommand(host.connection.jumps)
  const options = {
    ...(mayAsk === undefined ? { BatchMode: 'yes' } : ASKING[mayAsk]),
    StrictHostKeyChecking: hostKeyChecking === 'strict' ? 'yes' : 'accept-new',
    // ssh splits this value at blanks.
    ...(own('userknownhostsfile') && {
      UserKnownHostsFile: [knownHosts, ...moreKnownHosts].map((path) => `"${path}"`).join(' '),
    }),
    ...(own('connecttimeout') && { ConnectTimeout: String(patienceOf(host)) }),
    ServerAliveInterval: String(aliveInterval ?? 5),
    ServerAliveCountMax: String(aliveCountMax ?? 3),
    LogLevel: 'ERROR',
    ForwardAgent: 'no',
    ClearAllForwardings: 'yes',
    RemoteCommand: 'none',
    ...(identityFile !== undefined && { IdentitiesOnly: 'yes' }),
    ...(proxy !== undefined && { ProxyCommand: proxy }),
  }
  return [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(own('port') ? ['-p', String(port)] : []),
    ...(own('user') ? ['-l', user] : []),
    ...['--', alias ?? host.address],
  ]
}

/** The commands that lead over jump hosts are in variables of this name and their number. */
const WAY = 'PROVISION_WAY_'

/**
 * The command line of an ssh to a host. ssh's own ProxyJump would log in at jump hosts by ssh_config alone, and ask questions
 * on the terminal; so each is an ssh of its own that is the ProxyCommand of the one behind it. ssh can't take apart a command
 * in a command in a command (its quotes are not quite those of sh): each stands by itself, in the environment.
 * @param own options that come first: of one that is given twice, ssh takes the first
 */
export function sshCommand(host: Target, own: readonly string[], mayAsk?: MayAsk): string[] {
  const ways = (host.connection.jumps ?? []).map(
    (_, i, jumps) => `${WAY}${i}=${over(jumps, i, mayAsk && 'passphrase')}`,
  )
  return [...(ways.length === 0 ? [] : ['env', ...ways]), 'ssh', ...own, ...sshArguments(host, mayAsk)]
}

/** An ssh over one of the jump hosts, for sh, which gives it the place to go on to. */
function over(jumps: readonly Target[], i: number, mayAsk: MayAsk): string {
  const jump = jumps[i]
  if (jump === undefined) return 'false'
  // The first goes by its own settings: it may be reached by what only ssh_config can say.
  const before = i === 0 ? jump.connection.jumps : jumps.slice(0, i)
  const argv = [
    ...['-o', 'ControlMaster=no'],
    // Why it can't connect to the host.
    ...['-o', 'LogLevel=INFO'],
    ...sshArguments({ ...jump, connection: { ...jump.connection, jumps: before } }, mayAsk),
  ]
  return `exec ssh -W "[$1]:$2" ${words(argv)}`
}

/** undefined where the inventory leaves it to ssh_config. */
function proxyCommand(jumps: readonly Target[] | undefined): string | undefined {
  if (jumps === undefined) return undefined
  return jumps.length === 0 ? 'none' : `sh -c "$${WAY}${jumps.length - 1}" sh %h %p`
}
