import { type Command, InvalidArgumentError, Option } from 'commander'
import { elementsOf } from '../inventory/elements.ts'
import { RENDERER_KINDS, type RendererKind } from '../render/index.ts'

/** Hosts at a time, unless `--forks` says otherwise. */
const DEFAULT_FORKS = 25

/** What every command takes that works on hosts, as commander hands it over. */
export interface HostFlags {
  readonly inventory?: string
  readonly project: string
  readonly check: boolean
  readonly diff?: boolean | 'full'
  readonly limit: readonly string[]
  readonly tags: readonly string[]
  readonly skipTags?: readonly string[]
  readonly forks: number
  readonly workers?: number
  readonly var: readonly string[]
  readonly renderer?: RendererKind
  readonly json: boolean
  readonly markdown?: string
  readonly junit?: string
  readonly showScript: boolean
  readonly verbose: number
  readonly askPassword: boolean
  readonly askBecomePassword: boolean
  readonly color?: boolean
  readonly yes: boolean
}

/** What every command has that looks at an inventory or its hosts and brings them to no state. */
export type LookFlags = Pick<HostFlags, 'inventory' | 'project' | 'limit' | 'var' | 'color' | 'json'> &
  Partial<Pick<HostFlags, 'forks' | 'workers' | 'askPassword' | 'askBecomePassword' | 'verbose'>>

/** Each use of an option adds one. */
export const collect = (value: string, all: readonly string[]): string[] => [...all, value]

/** Names, which have no commas in them; a glob may, in braces. */
export const commaList = (value: string, all: readonly string[] = []): string[] => [...all, ...elementsOf(value)]

function atLeastOne(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
}

function upToSixtyFour(value: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number <= 64) return number
  throw new InvalidArgumentError('It must be a whole number from 0 to 64.')
}

/** A folder is rarely called so; who wants a dry run with `-C`, as Ansible has it, goes on with another option. */
function aFolder(value: string): string {
  if (!value.startsWith('-')) return value
  throw new InvalidArgumentError('It takes a folder.')
}

/** Options that more than one kind of command has. */
export const shared = {
  inventory: (command: Command): Command =>
    command.option(
      '-i, --inventory <name>',
      'inventory to use: a folder of inventories/, or a path (with a `/` in it)',
    ),
  limit: (command: Command): Command =>
    command.option(
      '-l, --limit <hosts>',
      'only these hosts: names, tiers, groups, globs; `&` and in, `!` not in; commas or repeated',
      collect,
      [],
    ),
  forks: (command: Command): Command =>
    command.option('-f, --forks <n>', `hosts at a time (default: ${DEFAULT_FORKS})`, atLeastOne, DEFAULT_FORKS),
  workers: (command: Command): Command =>
    command.option(
      '--workers <n>',
      'processes that hold the connections (default: by hosts and cores; 0: this one holds them)',
      upToSixtyFour,
    ),
  vars: (command: Command): Command =>
    command.option(
      '--var <name=value>',
      'set a variable for every host, above all files; the value is YAML. @FILE: all those of a YAML file',
      collect,
      [],
    ),
  loginPassword: (command: Command): Command =>
    command.option(
      '-k, --ask-password',
      'ask once for the SSH password: the first contact with hosts that have no key yet',
      false,
    ),
  becomePassword: (command: Command): Command =>
    command.option(
      '-K, --ask-become-password',
      'ask once for the sudo password (or set PROVISION_BECOME_PASSWORD)',
      false,
    ),
  programs: (command: Command): Command =>
    command.option(
      '-v, --verbose',
      'say which hosts the ssh program logs in at, and why',
      (_, level: number) => level + 1,
      0,
    ),
  project: (command: Command): Command =>
    command.option(
      '-C, --project <dir>',
      'folder that holds inventories/, roles/ and templates/ (default: the current one)',
      aFolder,
      '.',
    ),
  noColor: (command: Command): Command => command.option('--no-color', 'no colours (NO_COLOR is heeded too)'),
} as const

/** Adds them in this order. */
export const withShared = (command: Command, ...names: readonly (keyof typeof shared)[]): Command =>
  names.reduce((own, name) => shared[name](own), command)

/** The options of {@link HostFlags}. */
export function withHostOptions(command: Command): Command {
  diffOptions(
    withShared(command, 'inventory').option('--check', 'dry run: show what would change and change nothing', false),
    ' (with --check by default)',
  )
  withShared(command, 'limit')
    .option('-t, --tags <roles>', 'only these roles; commas or repeated', commaList, [])
    .option('--skip-tags <roles>', 'all but these roles; commas or repeated', commaList, [])
  return changeOptions(withShared(command, 'forks', 'workers', 'vars', 'loginPassword', 'becomePassword', 'project'))
}

/** What every command has that changes hosts. */
export function changeOptions(command: Command): Command {
  command
    .option('-y, --yes', 'apply without asking: the plan on a terminal, and where a rollout has confirm: true', false)
    .addOption(
      new Option(
        '--renderer <kind>',
        `how the run is shown: ${RENDERER_KINDS.join(', ')} (default: tree on a terminal, else plain)`,
      ).choices(RENDERER_KINDS),
    )
    .addOption(
      new Option('--json', 'print events as JSON, one per line: --renderer json').default(false).conflicts('renderer'),
    )
    .option('--markdown <file>', "also write it as Markdown, for a pull request's comment (at most 65,536 characters)")
    .option('--junit <file>', 'also write it as JUnit XML: a test case for each host')
    .option('--show-script', 'print every script before it is sent, secrets masked', false)
  return withShared(verboseOption(command), 'noColor')
}

/** What of plans is shown. @param when they are shown without being asked for */
export const diffOptions = (command: Command, when = ' (default)'): Command =>
  command
    .addOption(
      new Option(
        '--diff [full]',
        `show the diffs of files and fields${when}; full: also all lines of long new files, and more around changes`,
      ).choices(['full']),
    )
    .option('--no-diff', 'leave the diffs out')

export const verboseOption = (command: Command): Command =>
  command.option(
    '-v, --verbose',
    'more: timings and execs; -vv unchanged resources too',
    (_, level: number) => level + 1,
    0,
  )

/** An option once for each value, as words of a command line. */
export const each = (name: string, values: readonly string[] = []): string[] => values.flatMap((value) => [name, value])

/** What says where the work is done, as words of a command line; the hosts are not among them. */
export const placeWords = ({ inventory, project }: HostFlags): string[] => [
  ...each('--inventory', inventory === undefined ? [] : [inventory]),
  ...(project === '.' ? [] : ['--project', project]),
]

/** What says how it is done, but for how it is shown: a dry run and what came of it are not the same. */
export const mannerWords = (flags: HostFlags): string[] => [
  ...each('--tags', flags.tags),
  ...each('--skip-tags', flags.skipTags),
  ...each('--var', flags.var),
  ...(flags.forks === DEFAULT_FORKS ? [] : ['--forks', String(flags.forks)]),
  ...(flags.workers === undefined ? [] : ['--workers', String(flags.workers)]),
  ...(flags.yes ? ['--yes'] : []),
  ...(flags.askPassword ? ['--ask-password'] : []),
  ...(flags.askBecomePassword ? ['--ask-become-password'] : []),
]
