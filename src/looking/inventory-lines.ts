import { isSecret } from '../masking/secret.ts'
import { placeText } from '../problems/place.ts'
import { BLANK, indent, type Line, line, type Span, span } from '../render/format/line.ts'
import { counted, listing } from '../render/format/words.ts'
import type { GroupView, HostView, InventoryView } from './inventory-view.ts'
import { table } from './table.ts'
import type { VarSource } from './var-sources.ts'

/** `--graph`: tiers in the order in which a run changes them, with their roles and hosts. */
export function graphLines({ inventory, tiers, groups, hosts }: InventoryView): Line[] {
  const byName = new Map(hosts.map((host) => [host.name, host]))
  const branches = tiers.map(({ name, roles, hosts: members }): Branch => {
    const width = Math.max(...members.map((member) => member.length))
    return {
      head: [
        span('bold', name),
        { text: ` (${counted(members.length, 'host')})` },
        span('dim', `  ${roles.join(', ')}`),
      ],
      below: members.flatMap((member) => {
        const host = byName.get(member)
        return host
          ? [{ head: [{ text: member.padEnd(width) }, span('dim', `  ${[host.address, ...host.groups].join('  ')}`)] }]
          : []
      }),
    }
  })
  const more = groups.length > 0 ? `, ${counted(groups.length, 'group')}` : ''
  return [
    line(span('bold', inventory), `: ${counted(hosts.length, 'host')} in ${counted(tiers.length, 'tier')}${more}`),
    ...branchLines(branches),
    ...(groups.length > 0
      ? [
          BLANK,
          line(span('bold', 'groups')),
          ...branchLines(groupBranches(groups, new Set(tiers.map(({ name }) => name)))),
        ]
      : []),
  ]
}

/** Each group once, under the first of those that it is in; what is its own comes after the groups in it. */
function groupBranches(groups: readonly GroupView[], tiers: ReadonlySet<string>): Branch[] {
  const byName = new Map(groups.map((group) => [group.name, group]))
  const isInner = new Set(groups.flatMap(({ children }) => children))
  const seen = new Set<string>()
  const branch = ({ name, children, hosts }: GroupView): Branch[] => {
    if (seen.has(name)) return []
    seen.add(name)
    const inner = children.flatMap((child) => byName.get(child) ?? [])
    const whole = children.filter((child) => tiers.has(child))
    const covered = new Set(inner.flatMap((one) => one.hosts))
    const own = whole.length > 0 ? [] : hosts.filter((host) => !covered.has(host))
    const leaves = [...whole.map((tier) => `tier ${tier}`), ...own]
    return [
      {
        head: [span('bold', name), { text: ` (${counted(hosts.length, 'host')})` }],
        below: [...inner.flatMap(branch), ...(leaves.length > 0 ? [{ head: [{ text: listing(leaves) }] }] : [])],
      },
    ]
  }
  return groups.filter(({ name }) => !isInner.has(name)).flatMap(branch)
}

interface Branch {
  readonly head: readonly Span[]
  readonly below?: readonly Branch[]
}

const branchLines = (branches: readonly Branch[]): Line[] =>
  branches.flatMap(({ head, below = [] }, i) => {
    const last = i === branches.length - 1
    return [
      [span('dim', last ? '└─ ' : '├─ '), ...head],
      ...branchLines(below).map((one): Line => [span('dim', last ? '   ' : '│  '), ...one]),
    ]
  })

/** `--list`: a host a line, with how it is logged in to and where it is declared. */
export const listLines = ({ hosts }: InventoryView): Line[] =>
  table(
    ['host', 'tier', 'groups', 'address', 'login', 'declared in'],
    hosts.map((host) => [
      span('bold', host.name),
      host.tier,
      host.groups.join(',') || '-',
      host.address,
      loginOf(host),
      span('dim', placeText(host.origin)),
    ]),
  )

/** `--host`: all vars of a host, what is set before what is left to the roles. */
export function hostLines(host: HostView): Line[] {
  const { name, tier, groups, address, sources, origin } = host
  const inGroups = groups.length > 0 ? `, ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}` : ''
  const defaults = sources.filter(({ level }) => level === 'role default')
  const set = sources.filter(({ level }) => level !== 'role default')
  const bySpecificity = [...set].sort((a, b) => a.path.localeCompare(b.path))
  return [
    line(span('bold', name), `  tier ${tier}${inGroups}, ${address}`, span('dim', `  ${placeText(origin)}`)),
    ...indent([
      line('login: ', loginOf(host)),
      BLANK,
      line(span('bold', set.length === 0 ? 'no var is set for it' : 'set')),
      ...indent(varLines(bySpecificity)),
      ...(defaults.length === 0 ? [] : [BLANK, line(span('bold', 'left to the defaults of its roles'))]),
      ...indent(varLines(defaults)),
    ]),
  ]
}

const varLines = (sources: readonly VarSource[]): Line[] =>
  table(
    undefined,
    sources.map((source) => [
      source.path,
      span('run', levelText(source)),
      ...(source.origin === undefined ? [] : [span('dim', placeText(source.origin))]),
      valueText(source.value),
    ]),
  )

function levelText({ level, of }: VarSource): string {
  if (level === 'role default') return of === undefined ? level : `role ${of}`
  return level === 'tier' || level === 'group' ? `${level} ${of}` : level
}

/** `ssh deploy@192.0.2.11:2222, sudo` */
export function loginOf({ address, connection }: Pick<HostView, 'address' | 'connection'>): string {
  const { transport, user, port, become } = connection
  if (transport === 'local') return 'this machine'
  const host = connection.host ?? address
  const place = host.includes(':') ? `[${host}]` : host
  const way = become === 'sudo' && user !== 'root' ? ', sudo' : ''
  return `${transport} ${user}@${place}${port === 22 ? '' : `:${port}`}${way}`
}

/** As YAML has it on one line: text stands bare where it can't be taken for anything else. Secrets are masks. */
function valueText(value: unknown): string {
  if (isSecret(value)) return String(value)
  const isBare =
    typeof value === 'string' && /^[A-Za-z_./][\w./:@-]*$/.test(value) && !/^(true|false|null)$/i.test(value)
  return isBare ? value : JSON.stringify(value)
}

/** Blocks with a blank line between them. */
export const joined = (blocks: readonly (readonly Line[])[]): Line[] =>
  blocks.flatMap((block, i) => (i === 0 ? block : [BLANK, ...block]))
