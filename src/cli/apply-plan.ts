import { resolve } from 'node:path'
import { prepare } from '../run/prepare.ts'
import { runPrepared } from '../run/run.ts'
import type { RunEdges, RunOptions, RunOutcome } from '../run/run-options.ts'
import type { PlanFile } from '../sealed/format.ts'
import { needSameProject, planDigests } from '../sealed/plan-digests.ts'
import { needValid } from '../sealed/validity.ts'
import { version } from './version.ts'

/**
 * Applies a kept plan, and nothing else.
 * @throws InputError, before a host is asked, when it is too late for it, or this is another project than it was made of
 */
export async function applyPlan(options: RunOptions, edges: RunEdges, file: PlanFile): Promise<RunOutcome> {
  const began = performance.now()
  const { plan } = file
  needValid(plan)
  const planOptions: RunOptions = {
    ...options,
    vars: plan.options.vars.map((one) => (one.startsWith('@') ? `@${resolve(options.root, one.slice(1))}` : one)),
    tiers: plan.options.tiers,
    upgrade: plan.options.upgrade,
    check: false,
    sealing: { id: plan.id, file },
  }
  const prepared = await prepare(planOptions)
  needSameProject(plan, await planDigests(resolve(options.root), prepared), version())
  return runPrepared(planOptions, edges, prepared, began)
}
