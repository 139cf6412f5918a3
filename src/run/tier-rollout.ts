import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { InputError, messageOf } from '../errors.ts'
import type { Emit, HostResult } from '../execute/events.ts'
import type { TierContext } from '../execute/host-rollout.ts'
import type { HostRun } from '../execute/host-run.ts'
import { rollout } from '../execute/rollout.ts'
import { runStep } from '../execute/rollout-step.ts'
import type { HostSession } from '../host/session.ts'
import { domainOf } from '../inventory/domains.ts'
import type { Host, Inventory, Tier } from '../inventory/inventory.ts'
import { type Phase, phasesAt, stepsOf } from '../rollout/phase.ts'
import type { RolloutStep } from '../rollout/step.ts'
import { planTier, type Switchover, type TierPlan } from '../rollout/tier-plan.ts'

/** What the tiers of a run need from the outside. */
export interface TiersInput {
  readonly inventory: Inventory
  readonly hosts: readonly Host[]
  readonly runs: ReadonlyMap<string, HostRun>
  /** Hosts that must be changed at the same time. */
  readonly simultaneous: ReadonlySet<string>
  /** The primary of a tier may be moved to another of its hosts. */
  readonly switchover?: TierSwitchover | undefined
  readonly forks: number
  readonly emit: Emit
  /** Any host of the inventory by name. */
  session(host: string): HostSession
  readonly stop?: { requested(): boolean; readonly signal: AbortSignal } | undefined
  /** Asks the user; undefined: there is nobody to ask. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined
}

export interface TierSwitchover {
  readonly tier: string
  readonly planned?: Switchover | undefined
  /** Hosts that an earlier run left in the middle of one. */
  readonly unfinished: readonly string[]
  /** Does it, in the turn of a host. @throws ProvisionError why not */
  carryOut(host: string): Promise<void>
}

/** How each tier would be changed, now that all hosts are planned. */
export function planTiers({ inventory, hosts, runs, simultaneous, switchover }: TiersInput): TierPlan[] {
  return inventory.tiers.flatMap((tier) => {
    const members = hosts.filter((host) => host.tier === tier.name)
    if (members.length === 0) return []
    const own = switchover?.tier === tier.name ? switchover : undefined
    const all = members.map((host) => {
      const one = rolloutHost(host, tier, runs.get(host.name))
      return own?.unfinished.includes(host.name) && !one.failed ? { ...one, pending: true } : one
    })
    const together = members.some(({ name }) => simultaneous.has(name))
    const input = { tier: tier.name, hosts: all, policy: tier.rollout, simultaneous: together }
    return [planTier({ ...input, switchover: own?.planned })]
  })
}

function rolloutHost(host: Host, { rollout: { failureDomain } }: Tier, run: HostRun | undefined) {
  const around = run?.planned()?.plan.rollout
  return {
    host: host.name,
    pending: run?.pending() ?? false,
    disrupted: (around?.disruptive.length ?? 0) > 0,
    drained: around?.leftDrained ?? false,
    isPrimary: run?.planned()?.isPrimary ?? false,
    needsFailover: run?.planned()?.around.needsFailover ?? false,
    down: run?.planned()?.around.down ?? false,
    first: run?.planned()?.around.first.map((one) => one.host) ?? [],
    failed: run?.failed() ?? false,
    domain: failureDomain === undefined ? undefined : domainOf(host, failureDomain),
  }
}

/** Changes the tiers as planned. */
export async function applyTiers(input: TiersInput, plans: readonly TierPlan[]): Promise<HostResult[]> {
  const { runs, forks, simultaneous, emit, stop, inventory } = input
  const stopped = () => stop?.requested() ?? false
  const the = (host: string): HostRun => {
    const found = runs.get(host)
    if (!found) throw new RangeError(`no run of host ${host}`)
    return found
  }
  const contexts = new Map(
    inventory.tiers.map(({ name, rollout }): [string, TierContext] => {
      const one = pLimit(1)
      return [name, { policy: rollout, stopped, oneAtATime: (work) => one(work) }]
    }),
  )
  const contextOf = (tier: string): TierContext => {
    const found = contexts.get(tier)
    if (!found) throw new RangeError(`no tier ${tier}`)
    return found
  }
  return rollout(plans, Math.max(forks, simultaneous.size), {
    onTier: ({ tier, batches }) => emit({ type: 'tier-started', tier, hosts: batches.flatMap(({ hosts }) => hosts) }),
    preflight: (plan) => preflight(input, plan),
    async before({ pause, confirm }, { tier }) {
      if (confirm && !(await input.confirm?.(`tier ${tier}: go on with the next hosts?`)))
        return 'declined at the prompt'
      if (pause > 0) {
        emit({ type: 'tier-note', tier, message: `pausing for ${pause} s` })
        await rest(pause, stopped, stop?.signal)
      }
      return undefined
    },
    async switchOver(host) {
      try {
        await input.switchover?.carryOut(host)
        for (const one of runs.values()) if (one.tier === the(host).tier) one.invalidate()
        return undefined
      } catch (error) {
        return the(host).fail(error)
      }
    },
    apply: (host) => the(host).apply(contextOf(the(host).tier)),
    skip: (host, reason) => the(host).finalise(reason),
    stopped,
  })
}

/** @throws InputError when a policy wants somebody to be asked and there is nobody */
export function needSomebody({ confirm }: TiersInput, plans: readonly TierPlan[]): void {
  const asking = plans.filter(({ batches }) => batches.some((batch) => batch.confirm))
  if (confirm !== undefined || asking.length === 0) return
  throw new InputError(
    asking.map(({ tier }) => ({
      message: `tier ${tier} has confirm: true, and there is no terminal to ask on`,
      hint: 'run it on a terminal, or say yes beforehand with --yes',
    })),
  )
}

/** Asks what must be so before another host of the tier is drained; the same question once for all hosts. */
async function preflight(input: TiersInput, { drains, leftDrained }: TierPlan): Promise<string | undefined> {
  const questions = new Map<string, { host: string; phase: Phase; step: RolloutStep }>()
  for (const host of drains.filter((one) => !leftDrained.includes(one))) {
    for (const rollout of input.runs.get(host)?.planned()?.around.due.beforeTier ?? []) {
      for (const row of phasesAt('beforeTier')) {
        for (const step of stepsOf(row, [rollout])) {
          const question = JSON.stringify([row.phase, step.name, step.on ?? host, step.run?.sh, step.until?.sh])
          questions.set(question, { host, phase: row.phase, step })
        }
      }
    }
  }
  const running = [...questions.values()].map(({ host, phase, step }) => runStep(input.session(host), step, { phase }))
  const failed = (await Promise.allSettled(running)).find((one) => one.status === 'rejected')
  return failed && messageOf(failed.reason)
}

/** A pause that ends early when the user wants out. */
async function rest(seconds: number, stopped: () => boolean, signal: AbortSignal | undefined): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end && !stopped() && !signal?.aborted) {
    await sleep(Math.min(250, end - performance.now()))
  }
}
