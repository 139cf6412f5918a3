import type { Origin, Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import type { SshConfig } from '../ssh-config/files.ts'
import { type JumpSpec, jumpSpecs } from '../ssh-config/keywords.ts'
import { type Here, type SshOptions, sshOptions } from '../ssh-config/options.ts'
import {
  type ConnectionContext,
  type ConnectionLayers,
  connectionSettings,
  merged,
  type Written,
} from './connection.ts'
import type { ConnectionSettings, Target } from './inventory.ts'
import type { ConnectionFile } from './schemas/connection.ts'

/** A host of hosts.yml as far as its login goes. */
export interface Member {
  readonly name: string
  readonly address: string
  readonly layers: ConnectionLayers
  readonly origin: Origin
  /** Where a key of its `connection` was written, and its path there. */
  place(key: keyof ConnectionFile): { readonly origin: Origin | undefined; readonly path: string | undefined }
}

export interface LoginContext extends ConnectionContext {
  readonly here: Here
  /** The files that `ssh_config` means. */
  sshConfig(written: ConnectionFile['ssh_config']): SshConfig | undefined
}

export interface Logins {
  readonly settings: ReadonlyMap<string, ConnectionSettings>
  readonly problems: readonly Problem[]
}

const DEFAULT_USER = 'root'

/** How to log in at each host: what is written, ssh_config, and the jump hosts on the way. */
export function logins(members: readonly Member[], context: LoginContext): Logins {
  const problems: Problem[] = []
  const byName = new Map(members.map((member) => [member.name, member]))
  const done = new Map<string, ConnectionSettings>()
  const jumpHosts = new Map<string, Target>()
  /** Being worked out: who comes up again goes in a circle. */
  const open = new Set<string>()

  const evaluate = (written: Written, name: string, defaultUser: string): SshOptions | undefined => {
    const config = written.transport === 'local' ? undefined : context.sshConfig(written.ssh_config)
    if (config === undefined) return undefined
    const options = sshOptions(config, { name, user: written.user, port: written.port, defaultUser }, context.here)
    problems.push(...options.problems)
    return options
  }

  const jumpHost = (name: string, address: string, origin: Origin, connection: ConnectionSettings): Target => {
    const key = JSON.stringify([name, address, { ...connection, becomePassword: undefined, jumps: [] }])
    const found = jumpHosts.get(key) ?? { name, address, connection, origin }
    jumpHosts.set(key, found)
    return found
  }

  const ways = new Map<string, Target[]>()

  /** One that is no host of the inventory; worked out once for all that are behind it. */
  const foreign = (spec: JumpSpec, behind: Written, from: From, first: boolean): Target[] => {
    const key = JSON.stringify([spec, behind, from.kind, first])
    const known = ways.get(key) ?? foreignWay(spec, behind, from, first)
    if (open.size === 1) ways.set(key, known)
    return known
  }
  const foreignWay = (spec: JumpSpec, behind: Written, from: From, first: boolean): Target[] => {
    const ofInventory = from.kind === 'inventory'
    const written: Written = {
      user: spec.user,
      port: spec.port,
      host_key_checking: behind.host_key_checking,
      connect_timeout: behind.connect_timeout,
      ssh_config: behind.ssh_config,
      ...(ofInventory && { known_hosts: behind.known_hosts }),
    }
    // What ssh_config names is logged in at as ssh would.
    const defaultUser = ofInventory ? (behind.user ?? DEFAULT_USER) : context.here.localUser
    const options = evaluate(written, spec.host, defaultUser)
    const inherited = ofInventory && options?.identityFiles === undefined ? { identity_file: behind.identity_file } : {}
    const plain = connectionSettings({ ...written, ...inherited }, spec.host, options, defaultUser, context)
    const label = spec.port === undefined ? spec.host : `${spec.host}:${spec.port}`
    const before =
      first && options?.proxyJump
        ? wayOf(options.proxyJump.specs, written, {
            kind: 'ssh_config',
            origin: options.proxyJump.origin,
            of: { name: spec.host, port: plain.port },
          })
        : []
    const connection = { ...plain, ...programOf(options, before, plain.transport) }
    return [...before, jumpHost(label, connection.host ?? spec.host, from.origin, connection)]
  }

  /** A way as it is written: the first jump host by its own way, each further one over the one before. */
  const wayOf = (specs: readonly JumpSpec[], behind: Written, from: From): Target[] => {
    const at = specs.findIndex((spec) => isSame(spec, from.of))
    if (at >= 0 && from.kind === 'ssh_config') {
      problems.push(
        circle(
          `${from.of.name} is its own ProxyJump`,
          from.origin,
          `Write \`ProxyJump none\` for Host ${from.of.name} above that line.`,
        ),
      )
      return []
    }
    const key = `${from.kind} ${from.of.name} ${from.of.port}`
    if (open.has(key)) {
      problems.push(circle(`the jump hosts of ${from.of.name} go in a circle`, from.origin))
      return []
    }
    open.add(key)
    // One of the jump hosts itself is reached over those before it.
    const way = (at < 0 ? specs : specs.slice(0, at)).flatMap((spec, i) => {
      const known =
        from.kind === 'inventory' && spec.user === undefined && spec.port === undefined
          ? byName.get(spec.host)
          : undefined
      if (known === undefined) return foreign(spec, behind, from, i === 0)
      const settings = settle(known)
      if (settings === undefined) return []
      return [
        ...(i === 0 ? (settings.jumps ?? []) : []),
        jumpHost(known.name, settings.host ?? known.address, known.origin, settings),
      ]
    })
    open.delete(key)
    return way
  }

  const settle = (member: Member): ConnectionSettings | undefined => {
    const ready = done.get(member.name)
    if (ready !== undefined) return ready
    const written = merged(member.layers)
    const name = written.host ?? member.address
    const options = evaluate(written, name, DEFAULT_USER)
    const plain = connectionSettings(written, name, options, DEFAULT_USER, context)
    const jumps = jumpsOf(member, written, name, plain.port, options)
    const program = programOf(options, jumps, plain.transport)
    problems.push(...contradictions(member, written, options, program.programBecause ?? []))
    const settings: ConnectionSettings = {
      ...plain,
      ...((jumps.length > 0 || written.proxy_jump !== undefined) && { jumps }),
      ...(written.transport === undefined ? program : {}),
      ...(written.transport === 'openssh' && { leftToSsh: program.leftToSsh }),
    }
    done.set(member.name, settings)
    return settings
  }

  const jumpsOf = (
    member: Member,
    written: Written,
    name: string,
    port: number,
    options: SshOptions | undefined,
  ): Target[] => {
    if (written.transport === 'local' || written.proxy_jump === 'none') return []
    if (written.proxy_jump === undefined) {
      const { specs = [], origin = member.origin } = options?.proxyJump ?? {}
      return wayOf(specs, written, { kind: 'ssh_config', origin, of: { name, port } })
    }
    const { origin, path } = member.place('proxy_jump')
    const specs = jumpSpecs(written.proxy_jump)
    if (specs !== undefined) {
      return wayOf(specs, written, {
        kind: 'inventory',
        origin: origin ?? member.origin,
        of: { name: member.name, port, address: name },
      })
    }
    const names = nameHint(written.proxy_jump, [...byName.keys()])
    problems.push({
      message: `proxy_jump: '${written.proxy_jump}' is no list of jump hosts`,
      origin,
      path,
      hint: names,
    })
    return []
  }

  for (const member of members) settle(member)
  return { settings: done, problems }
}

interface From {
  readonly kind: 'inventory' | 'ssh_config'
  readonly origin: Origin
  /** Whose way it is. */
  readonly of: { readonly name: string; readonly port: number; readonly address?: string }
}

/** A host of the inventory is meant by its name, any other by address and port. */
const isSame = ({ host, port }: JumpSpec, { name, address = name, port: own }: From['of']): boolean =>
  (host === name && port === undefined && address !== name) || (host === address && (port ?? 22) === own)

const circle = (message: string, origin: Origin, hint?: string): Problem => ({ message, origin, hint })

/** The ssh program, where it alone can log in there or at a jump host. */
function programOf(
  options: SshOptions | undefined,
  jumps: readonly Target[],
  transport: ConnectionSettings['transport'],
): Pick<ConnectionSettings, 'transport' | 'programBecause' | 'leftToSsh'> {
  const leftToSsh = [...(options?.undecided.keys() ?? [])]
  const because = [
    ...(options?.program ?? []).map(({ what, origin }) => `${what} (${origin.file}:${origin.line})`),
    ...jumps.flatMap(({ name, connection }) =>
      connection.transport === 'openssh'
        ? [`jump host ${name}: ${connection.programBecause?.join(', ') ?? 'transport openssh'}`]
        : [],
    ),
  ]
  if (because.length === 0) return { transport }
  return { transport: 'openssh', programBecause: because, ...(leftToSsh.length > 0 && { leftToSsh }) }
}

/** What the inventory and ssh_config can't both have. */
function contradictions(
  member: Member,
  written: Written,
  options: SshOptions | undefined,
  because: readonly string[],
): Problem[] {
  const user = options?.undecided.get('user')
  return [
    ...(written.transport === 'ssh' && because.length > 0
      ? [
          {
            message: `transport ssh can't log in at ${member.name}: only the ssh program has ${because.join(', ')}`,
            ...member.place('transport'),
            hint: 'Leave transport out, or set it to openssh; `ssh_config: false` has ssh_config not read.',
          },
        ]
      : []),
    ...(user !== undefined && written.user === undefined
      ? [
          {
            message: `who logs in at ${member.name} is decided by ${user.label} (${user.origin.file}:${user.origin.line}), which only ssh can tell`,
            ...member.place('user'),
            hint: 'Set `connection.user` for this host.',
          },
        ]
      : []),
  ]
}
