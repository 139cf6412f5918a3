import { randomBytes } from 'node:crypto'
import { isAbsolute, relative, resolve } from 'node:path'
import { InputError, type Problem } from '../errors.ts'
import type { Event } from '../execute/events.ts'
import { inventoryLabel } from '../inventory/folders.ts'
import { thisController } from '../records/controller.ts'
import { type Prepared, prepare } from '../run/prepare.ts'
import { runPrepared } from '../run/run.ts'
import type { RunEdges, RunOptions, RunOutcome } from '../run/run-options.ts'
import type { PlanOptions, SealedPlan } from '../sealed/format.ts'
import { planDigests } from '../sealed/plan-digests.ts'
import { digestOf, writePlan } from '../sealed/plan-file.ts'
import { minute } from '../sealed/validity.ts'
import { version } from './version.ts'

export interface KeptPlan {
  /** The file. */
  readonly out: string
  /** Seconds. */
  readonly validFor: number
  readonly switchoverTo: string | undefined
}

/** A dry run whose plan is kept in a file. @throws InputError where it can't be */
export async function makePlan(options: RunOptions, edges: RunEdges, kept: KeptPlan): Promise<RunOutcome> {
  const began = performance.now()
  const root = resolve(options.root)
  const prepared = await prepare(options)
  const given = givenOptions(root, options, prepared, kept)
  const digests = await planDigests(root, prepared)
  const id = randomBytes(12).toString('hex')
  const events: Event[] = []
  /** Told when it is known what became of the file. */
  const last: Event[] = []
  const outcome = await runPrepared(
    { ...options, sealing: { id } },
    {
      ...edges,
      emit(event) {
        // What is told here is masked already.
        if (SHOWN.has(event.type)) events.push(lasting(event))
        if (event.type === 'run-finished') last.push(event)
        else edges.emit(event)
      },
    },
    prepared,
    began,
  )
  const { seals = [], results, summary } = outcome
  const note = async (): Promise<string> => {
    const left = results.filter((one) => one.outcome === 'failed' || one.outcome === 'skipped')
    if (left.length > 0) {
      const names = left.slice(0, 5).map(({ host }) => host)
      const more = left.length > names.length ? ' and others' : ''
      return `no plan is written: ${names.join(', ')}${more} could not be planned; --limit leaves hosts out`
    }
    const made = new Date()
    const by = thisController()
    const plan: SealedPlan = {
      id,
      made: made.toISOString(),
      until: new Date(made.getTime() + kept.validFor * 1000).toISOString(),
      by: `${by.user}@${by.machine}`,
      provision: version(),
      options: given,
      digests,
      hosts: seals.map(({ host, items }) => ({ host, items })),
      events,
    }
    const digest = digestOf(plan)
    await writePlan(kept.out, { plan, digest, macs: seals.map(({ host, mac }) => [host, mac(digest)] as const) })
    if (summary.planned === 0) return `${kept.out}: a plan of nothing to do`
    return `${kept.out}: sealed until ${minute(plan.until)}; provision show prints it, provision apply applies it`
  }
  const written = await note()
  for (const event of last) {
    edges.emit(event.type === 'run-finished' ? { ...event, notes: [...(event.notes ?? []), written] } : event)
  }
  return outcome
}

/** What a plan is shown from. */
const SHOWN: ReadonlySet<Event['type']> = new Set([
  'run-started',
  'host-planned',
  'rollout-planned',
  'tier-note',
  'host-note',
  'warning',
  'host-finished',
  'run-finished',
])

/** Without what says how this machine did it. */
function lasting(event: Event): Event {
  if (event.type !== 'run-finished') return event
  const { again: _, ...rest } = event
  return rest
}

/** What another machine can go by as well. @throws InputError with what it could not */
function givenOptions(root: string, options: RunOptions, { mask }: Prepared, kept: KeptPlan): PlanOptions {
  const inventory = inventoryLabel(root, options.inventory)
  const problems: Problem[] = []
  if (isAbsolute(inventory)) {
    const hint = 'another machine has it in another place: keep it in the folder of the project'
    problems.push({ message: `a plan can't be kept of an inventory outside of the project: ${inventory}`, hint })
  }
  const vars = options.vars.map((one) => {
    if (mask.text(one) !== one) {
      const name = one.slice(0, one.indexOf('='))
      const hint = 'set it in an encrypted file of the inventory: provision secrets set'
      problems.push({ message: `--var ${name} is a secret, which a plan does not hold`, hint })
    }
    if (!one.startsWith('@')) return one
    const path = relative(root, resolve(one.slice(1)))
    if (path.startsWith('..')) {
      const hint = 'another machine may not have it: move it into the project'
      problems.push({ message: `a plan can't be kept with a file outside of the project: --var ${one}`, hint })
    }
    return `@${path}`
  })
  if (problems.length > 0) throw new InputError(problems)
  return {
    inventory,
    limit: options.limit,
    tags: options.tags,
    skipTags: options.skipTags ?? [],
    tiers: options.tiers ?? [],
    vars,
    upgrade: options.upgrade ?? false,
    ...(kept.switchoverTo !== undefined && { switchoverTo: kept.switchoverTo }),
  }
}
