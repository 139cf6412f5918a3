import { isAbsolute, relative, resolve } from 'node:path'
import type { Before, PlannedImport } from '../../import/ansible/import.ts'
import type { ReadAnsible } from '../../import/ansible/read/read.ts'
import type { FindingGroup } from '../../import/ansible/report.ts'
import type { Register } from '../command.ts'
import { finished, say } from '../finished.ts'
import { collect } from '../host-options.ts'

interface Flags {
  readonly inventory?: string
  readonly project: string
  readonly tier: readonly string[]
  readonly playbookDir?: string
  readonly report?: string
  readonly check: boolean
  readonly yes: boolean
}

const EXAMPLES = `
PATH is what Ansible takes with -i: a file (INI, YAML, JSON), a program, a folder of them; or a folder whose ansible.cfg
names it. Hosts, groups, addresses, logins and jump hosts become inventories/NAME; vars are carried where a role here has
them. What is not carried is listed, with file and line. Secrets and vaults are neither read nor written.

Examples:
  provision import ansible hosts.ini --tier web=webservers --tier db=dbservers
  provision import ansible inventories/production -i prod     asks for the tiers
  provision import ansible hosts.ini -i prod --check          what changed there since the last import`

/** `provision import`: what a team has in another tool. */
export const importCommand: Register = (program) => {
  const group = program
    .command('import')
    .summary('take over an Ansible inventory (provision import ansible --help)')
    .description('Take over what another tool has.')
    .allowExcessArguments(false)
    .showHelpAfterError('(provision import --help shows how)')

  group
    .command('ansible <path>')
    .description('make an inventory of an Ansible inventory; again, to take over what changed there')
    .option('-i, --inventory <name>', 'name of the inventory here (default: from PATH)')
    .option('-C, --project <dir>', 'folder that holds inventories/ (default: the current one)', '.')
    .option(
      '--tier <tier=groups>',
      'hosts of a tier: groups or hosts, commas, globs, ! before what is left out; repeated (default: as last time; else asks)',
      collect,
      [],
    )
    .option('--playbook-dir <dir>', 'folder of playbooks, whose group_vars count too (default: that of ansible.cfg)')
    .option('--report <file>', 'the whole list of what is not carried (default: imported.md of the inventory)')
    .option('--check', 'say what would be written, write nothing', false)
    .option('-y, --yes', 'write what changed since the last import without asking', false)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .showHelpAfterError('(provision import ansible --help shows every option)')
    .action((path: string, flags: Flags) => finished(() => importAnsible(path, flags)))
}

async function importAnsible(path: string, flags: Flags): Promise<number> {
  const [{ lookBefore, planImport, writeImport }, { readAnsible }, { defaultName }] = await Promise.all([
    import('../../import/ansible/import.ts'),
    import('../../import/ansible/read/read.ts'),
    import('../../import/ansible/default-name.ts'),
  ])
  const root = resolve(flags.project)
  const before = await lookBefore({ root, name: flags.inventory ?? defaultName(resolve(path)) })
  const kept = before.record?.playbookDir
  const playbookDir = flags.playbookDir ?? (kept === undefined ? undefined : resolve(root, kept))
  const read = await readAnsible({ path, playbookDir })
  const tiers = await tiersFor(read, before, flags)
  const plan = await planImport({ before, read, path, playbookDir, tiers })
  const isFirst = before.record === undefined
  const isChanged = plan.updates.some(({ apply }) => apply.length > 0)
  const report = await reportOf(plan)

  tellHead(plan)
  tellChanges(plan, isFirst)
  if (isChanged && !isFirst && !flags.check && !(await agreed(flags))) {
    await tellReport(report, plan, undefined)
    return 2
  }
  if (flags.check) {
    await tellReport(report, plan, flags.report)
    return isChanged ? 2 : 0
  }
  await writeImport(plan)
  await tellReport(report, plan, flags.report ?? `${before.dir}/imported.md`)
  await tellNext(before)
  return 0
}

/** As given, as last time, or as answered. */
async function tiersFor(read: ReadAnsible, before: Before, { tier }: Flags): Promise<readonly string[]> {
  const [{ InputError }, { createAsker }, { askTiers, tierHint }] = await Promise.all([
    import('../../errors.ts'),
    import('../ask.ts'),
    import('../tier-questions.ts'),
  ])
  if (tier.length > 0) return tier
  if (before.record !== undefined) return before.record.tiers
  const ask = createAsker(false)
  const answers = ask === undefined ? [] : await askTiers(read.inventory, [...before.site.tiers.keys()], ask)
  if (answers.length > 0) return answers
  throw new InputError([
    {
      message: 'nobody said which hosts make which tier: --tier TIER=GROUP, once for each',
      hint: tierHint(read.inventory),
    },
  ])
}

/** Whether to write what changed since the last import. */
async function agreed({ yes }: Flags): Promise<boolean> {
  const { confirmer } = await import('../confirm.ts')
  const confirm = confirmer(yes, new AbortController().signal, undefined)
  const isAgreed = confirm !== undefined && (await confirm('Write these changes?'))
  if (!isAgreed) say(confirm === undefined ? 'nothing is written: --yes writes it' : 'nothing is written')
  return isAgreed
}

interface Report {
  readonly groups: readonly FindingGroup[]
  readonly counts: readonly string[]
  readonly text: string
}

async function reportOf(plan: PlannedImport): Promise<Report> {
  const { countsOf, findingGroups, reportText } = await import('../../import/ansible/report.ts')
  const groups = findingGroups(plan.findings)
  const head = [`# What 'provision import ansible' did not carry`, '', headOf(plan)]
  return { groups, counts: countsOf(groups), text: reportText(head, groups) }
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

function headOf({ hosts, tiers, groups, vars, record }: PlannedImport): string {
  const count = [...vars.values()].reduce((sum, one) => sum + one.size, 0)
  const parts = [
    `${plural(hosts.length, 'host')} in ${plural(tiers.length, 'tier')}`,
    plural(groups.length, 'group'),
    plural(count, 'var'),
  ]
  return `${record.source}: ${parts.join(', ')}`
}

function tellHead(plan: PlannedImport): void {
  say(headOf(plan))
  for (const tier of plan.tiers) {
    const hosts = plan.hosts.filter((host) => host.tier === tier).map(({ name }) => name)
    say(
      `  ${tier}: ${hosts.length > 8 ? `${hosts.slice(0, 7).join(', ')} and ${hosts.length - 7} more` : hosts.join(', ')}`,
    )
  }
}

function tellChanges({ updates, files }: PlannedImport, isFirst: boolean): void {
  say('')
  const kept = updates.flatMap((update) => update.kept.map((change) => ({ file: update.file, change })))
  if (isFirst) for (const file of files) say(`  + ${file}`)
  else {
    const changes = updates.flatMap(({ file, apply }) => apply.map((change) => ({ file, change })))
    if (changes.length === 0) say('nothing changed since the last import')
    for (const { file, change } of changes) {
      const sign = change.before === undefined ? '+' : change.after === undefined ? '-' : '~'
      say(`  ${sign} ${file}: ${change.path.join('.')}${valuesOf(file, change.before, change.after)}`)
    }
  }
  for (const { file, change } of kept)
    say(`  = ${file}: ${change.path.join('.')} was changed here since: left as it is`)
}

/** Of vars no value is shown: one may be a secret that nobody has marked. */
const valuesOf = (file: string, before: unknown, after: unknown): string => {
  const isShown = (value: unknown) => typeof value === 'string' || typeof value === 'number'
  return file === 'hosts.yml' && isShown(before) && isShown(after) ? ` ${String(before)} → ${String(after)}` : ''
}

const SHOWN = 6

/** @param file where the whole goes; undefined: all of it is printed */
async function tellReport({ groups, counts, text }: Report, { before }: PlannedImport, file: string | undefined) {
  if (file !== undefined) {
    const { replaceFile } = await import('../../secrets/store.ts')
    await replaceFile(resolve(file), text)
  }
  const { forTerminal } = await import('../../import/ansible/report.ts')
  say('')
  if (groups.length === 0) {
    say('everything was carried')
    return
  }
  say('not carried, or not as it was:')
  for (const count of counts) say(count)
  const report = file === undefined ? undefined : place(file, before.root)
  for (const { title, lines } of groups) {
    say('')
    say(`${title}:`)
    const shown = report === undefined || lines.length <= SHOWN + 1 ? lines : lines.slice(0, SHOWN)
    for (const line of shown.flatMap(forTerminal)) say(`  ${line}`)
    if (shown.length < lines.length) say(`  … and ${lines.length - shown.length} more in ${report}`)
  }
  if (report !== undefined) {
    say('')
    say(`all of it: ${report}`)
  }
}

const place = (file: string, root: string): string => {
  const near = relative(root, resolve(file))
  return near.startsWith('..') || isAbsolute(near) ? file : near
}

/** Whether a run can be made of it, as `--check` would find. */
async function tellNext({ root, name, dir }: Before): Promise<void> {
  const [{ prepare }, { InputError }] = await Promise.all([import('../../run/prepare.ts'), import('../../errors.ts')])
  const inventory = dir.startsWith(resolve(root, 'inventories')) ? name : relative(process.cwd(), dir)
  say('')
  try {
    await prepare({ root, inventory, limit: [], tags: [], vars: [] })
    say('next:')
    say(`  provision inventory -i ${inventory} --graph   tiers, groups, hosts`)
    say(`  provision -i ${inventory} --check             what would change; it changes nothing`)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    say(`before the first dry run (provision -i ${inventory} --check):`)
    for (const { message, origin, hint } of error.problems) {
      say(`  ${origin === undefined ? '' : `${origin.file}:${origin.line}  `}${message}`)
      if (hint !== undefined) say(`    ${hint}`)
    }
  }
}
