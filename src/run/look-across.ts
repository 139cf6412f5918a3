import { artifactProblems } from '../artifacts/artifact-files.ts'
import type { Compiler } from '../catalog/compile.ts'
import { InputError, type Problem } from '../errors.ts'
import type { HostRun } from '../execute/host-run.ts'
import type { FirstHost } from '../rollout/declared.ts'
import { disagreements, type Goal } from './rollback.ts'

/**
 * Looks at the plans of all hosts together, before any is changed.
 * @param goals where a rollback takes them; undefined: it is none
 * @returns hosts that must be changed at the same time
 * @throws InputError when a role forbids what would become of its hosts taken together, when hosts can't go back together,
 * when some would be changed without those that come first, or when a file that they are to get is not what was declared
 */
export async function lookAcross(
  compiler: Pick<Compiler, 'fleetCheck'>,
  root: string,
  runs: ReadonlyMap<string, HostRun>,
  goals: readonly Goal[] | undefined,
): Promise<ReadonlySet<string>> {
  const all = [...runs.values()]
  if (goals) checkGoals(goals, all)
  const { problems, simultaneous } = compiler.fleetCheck(new Map(all.flatMap(changesOf)))
  refuse(problems)
  refuse(leftOutFirst(runs))
  // Whole artifacts are read only when a host is to get them, so their sums are known only now.
  refuse(
    await artifactProblems(
      root,
      all.flatMap((one) => one.artifacts()),
    ),
  )
  return simultaneous
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems)
}

function changesOf(run: HostRun) {
  const work = run.work()
  if (work === undefined) return []
  return [[run.host, work.map(({ resource: { key, role }, change }) => ({ key, role, change }))] as const]
}

function checkGoals(goals: readonly Goal[], runs: readonly HostRun[]): void {
  const none = goals.length === 0 && !runs.some((one) => one.failed())
  refuse(
    none
      ? [{ message: 'nothing on these hosts can go back', hint: 'only releases (role app) keep what was before' }]
      : disagreements(goals),
  )
}

/**
 * Hosts whose changes wait for those of a host that this run leaves out: whether that has them nobody has asked.
 * Each host that is waited for is told once.
 */
function leftOutFirst(runs: ReadonlyMap<string, HostRun>): Problem[] {
  const waiting = new Map<string, { readonly first: FirstHost<string>; readonly hosts: string[] }>()
  for (const run of runs.values()) {
    for (const first of run.planned()?.around.first ?? []) {
      if (runs.has(first.host)) continue
      const one = waiting.get(`${first.host} ${first.what}`) ?? { first, hosts: [] }
      one.hosts.push(run.host)
      waiting.set(`${first.host} ${first.what}`, one)
    }
  }
  return [...waiting.values()].map(({ first: { host, what, hint }, hosts }) => ({
    message: `${host} comes first (${what}), and this run leaves it out: ${hosts.join(', ')} would be changed without`,
    hint: hint ?? `take ${host} along; where it has its changes already, nothing is done there`,
  }))
}
