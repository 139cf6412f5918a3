import type { Target } from '../inventory/inventory.ts'
import { words } from '../shell/quote.ts'
import { place } from './failure.ts'

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
export function sshArguments(host: Target, mayAsk?: MayAsk): string[] {
  const { port, user, identityFile, knownHosts, moreKnownHosts = [], hostKeyChecking } = host.connection
  const { aliveInterval, aliveCountMax, alias, sshConfig, leftToSsh = [] } = host.connection
  const own = (keyword: string) => !leftToSsh.includes(keyword)
  const proxy = proxyCommand(host.connection.jumps, mayAsk && 'passphrase')
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

/**
 * The way over jump hosts. ssh's own ProxyJump would log in there by ssh_config alone, and ask questions on the terminal.
 * @returns undefined where the inventory leaves it to ssh_config
 */
function proxyCommand(jumps: readonly Target[] | undefined, mayAsk: MayAsk): string | undefined {
  if (jumps === undefined) return undefined
  const last = jumps.at(-1)
  if (last === undefined) return 'none'
  const before = jumps.slice(0, -1)
  // The first goes by its own settings: it may be reached by what only ssh_config can say. A command in a command in a
  // command ssh can't take apart any more (its quotes are not quite those of sh): from the third on it does it by itself.
  const further = before.length > 1 ? ['-J', before.map(place).join(',')] : []
  const jumpsOfLast = [last.connection.jumps, before, undefined][Math.min(before.length, 2)]
  // INFO: why it can't connect to the host; of an option that is given twice, ssh takes the first.
  const argv = [
    '-o',
    'ControlMaster=no',
    '-o',
    'LogLevel=INFO',
    ...further,
    ...sshArguments({ ...last, connection: { ...last.connection, jumps: jumpsOfLast } }, mayAsk),
  ]
  // ssh replaces its own tokens in it; those of inner commands are theirs.
  return `ssh -W '[%h]:%p' ${words(argv).replaceAll('%', '%%')}`
}
