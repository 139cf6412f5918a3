import { InputError } from '../errors.ts'
import { findRecords, namedRecord, readRecords, shortName } from '../looking/history/find.ts'
import { timeOf, whoOf } from '../looking/history/lines.ts'
import { isOfPlan, nothingLeft, retryOf } from '../looking/history/retry.ts'
import { isOverview, overviewOf } from '../records/list.ts'
import type { RecordOverview } from '../records/read.ts'
import { words } from '../shell/quote.ts'
import type { HostFlags } from './host-options.ts'

/** Options that only say how a run is shown, or what it needs now; they count as they are given now. */
const NOW: readonly (readonly [name: keyof HostFlags, words: (flags: HostFlags) => readonly string[]])[] = [
  ['check', ({ check }) => (check ? ['--check'] : [])],
  ['yes', ({ yes }) => (yes ? ['--yes'] : [])],
  ['askPassword', ({ askPassword }) => (askPassword ? ['--ask-password'] : [])],
  ['askBecomePassword', ({ askBecomePassword }) => (askBecomePassword ? ['--ask-become-password'] : [])],
  ['json', ({ json }) => (json ? ['--json'] : [])],
  ['markdown', ({ markdown }) => (markdown === undefined ? [] : ['--markdown', markdown])],
  ['junit', ({ junit }) => (junit === undefined ? [] : ['--junit', junit])],
  ['renderer', ({ renderer }) => (renderer === undefined ? [] : ['--renderer', renderer])],
  [
    'diff',
    ({ diff }) =>
      diff === undefined ? [] : diff === false ? ['--no-diff'] : [`--diff${diff === 'full' ? '=full' : ''}`],
  ],
  ['showScript', ({ showScript }) => (showScript ? ['--show-script'] : [])],
  ['verbose', ({ verbose }) => Array.from({ length: verbose }, () => '-v')],
  ['color', ({ color }) => (color === false ? ['--no-color'] : [])],
  ['var', (flags) => flags.var.flatMap((value) => ['--var', value])],
  ['project', ({ project }) => ['--project', project]],
]

/** Those that choose what a run is about: of an earlier run they are as they were. */
const AS_THEN = [
  ['limit', '--limit'],
  ['tags', '--tags'],
  ['skipTags', '--skip-tags'],
] as const

/**
 * The words of a command line that does what is left of an earlier run; what that is, is told.
 * @param run how its name begins; true: the last one of the inventory that was to change hosts
 * @returns undefined where nothing is left, which is told, too
 * @throws InputError where there is no such run, or it can't be done once more
 */
export async function retryWords(
  run: string | true,
  flags: HostFlags,
  tell: (line: string) => void,
): Promise<readonly string[] | undefined> {
  const given = AS_THEN.filter(([name]) => (flags[name] ?? []).length > 0).map(([, option]) => option)
  if (given.length > 0) {
    throw new InputError([
      { message: `--retry with ${given.join(' and ')}: it takes hosts and roles from the run that it retries` },
    ])
  }
  const one = await runToRetry(run, flags)
  const retry = retryOf(one, flags.var)
  if (retry === undefined) {
    tell(nothingLeft(one))
    return undefined
  }
  const others = [...(flags.check ? ['--check'] : []), ...(flags.var.length > 0 ? ['--var'] : [])]
  if (isOfPlan(retry.words) && others.length > 0) {
    throw new InputError([
      {
        message: `--retry with ${others.join(' and ')}: run ${shortName(one.head.id)} applied a kept plan, which is applied as it is`,
        hint: 'provision show FILE prints it; provision plan makes a new one',
      },
    ])
  }
  const all = [...retry.words, ...NOW.flatMap(([, of]) => of(flags))]
  tell(`retry of run ${shortName(one.head.id)} (${timeOf(one.head.began)}, ${whoOf(one)})`)
  if (retry.failed.length > 0) tell(`  failed: ${retry.failed.join(', ')}`)
  if (retry.notBegun.length > 0) tell(`  not begun: ${retry.notBegun.join(', ')}`)
  tell(`  as then: ${words(['provision', ...retry.words])}`)
  return all
}

async function runToRetry(run: string | true, flags: HostFlags): Promise<RecordOverview> {
  const found = await findRecords(flags)
  if (run !== true) {
    const { folder, name } = namedRecord(found, run)
    const one = await overviewOf(folder, name)
    if (!isOverview(one)) throw new InputError([{ message: `the record ${name.file} can't be read: ${one.why}` }])
    if (!one.head.check) return one
    throw new InputError([{ message: `run ${shortName(one.head.id)} was a dry run: there is nothing of it to retry` }])
  }
  const runs = { ...found, records: found.records.filter(({ name }) => !name.check) }
  const [last] = (await readRecords(runs, (one) => one, 1)).fitting
  if (last) return last
  const of = found.inventory === undefined ? 'this project' : found.inventory
  throw new InputError([
    {
      message: `nothing to retry: there is no record of a run of ${of} that was to change hosts`,
      hint: `records were looked for in ${found.folders.join(', ')}`,
    },
  ])
}
