import { ProvisionError } from '../../../errors.ts'
import { takeHold } from '../../../execute/drained.ts'
import type { Emit, Failure } from '../../../execute/events.ts'
import { failureOf } from '../../../execute/failure.ts'
import { runStep } from '../../../execute/rollout-step.ts'
import { hostSession } from '../../../host/make-session.ts'
import type { HostAccess, HostSession } from '../../../host/session.ts'
import type { Host } from '../../../inventory/inventory.ts'
import type { Prepared } from '../../../run/prepare.ts'
import { mysqlReplicates } from '../steps.ts'
import { followPlan, type Server } from './follow-plan.ts'
import type { Asked } from './group.ts'
import type { Member, SwitchPlan } from './switch-plan.ts'

/** What a switchover needs from the outside. */
export interface Scene {
  readonly prepared: Prepared
  readonly access: HostAccess
  emit: Emit
}

/** The group as it was asked. */
export interface Group {
  readonly asked: readonly Asked[]
  readonly members: readonly Member[]
}

/** A failure and the host that it is about. */
export type FailedAt = Failure & { readonly host: string }

/** What is to be done, by what the servers said. */
export interface Decision {
  readonly plan: SwitchPlan
  readonly group: Group
}

export interface Change extends Decision {
  /** Asks and decides anew: another run was at work since, or one that died. */
  again(): Promise<Decision>
  /** Told of each server that was changed. */
  done(name: string): void
}

/** Changes the servers that take part, as a run of its own. @returns why it did not come to its end */
export async function change(scene: Scene, input: Change): Promise<FailedAt | undefined> {
  const { candidate } = input.plan
  const names = takingPart(input.plan)
  scene.emit({ type: 'tier-started', tier: hostOf(scene.prepared, candidate).tier, hosts: names })
  for (const host of names) scene.emit({ type: 'host-started', host })
  try {
    await carryOut(scene, input)
    return undefined
  } catch (error) {
    const host = error instanceof ProvisionError ? error.host : undefined
    return { ...failureOf(error), host: host ?? candidate }
  }
}

const takingPart = ({ candidate, old, lost, followers }: SwitchPlan): string[] => [
  ...new Set([candidate, ...(old === undefined || lost ? [] : [old]), ...followers]),
]

/** Decisions that turn out stale before anything was done; after so many, other runs keep coming in between. */
const MAX_STALE = 3

/**
 * Takes the locks of all servers that take part, looks whether they are well, and follows the plan.
 * @returns the plan that was followed
 * @throws ProvisionError why it did not come to its end
 */
export async function carryOut(scene: Scene, { plan, group, again, done }: Change): Promise<SwitchPlan> {
  // A run of its own: it is not the one in whose turn it is done.
  const access = { ...scene.access, emit: scene.emit, run: { ...scene.access.run, id: scene.access.nonce() } }
  let current: Decision = { plan, group }
  for (let tries = 0; ; tries++) {
    const stale = await attempt(access, current, done)
    if (stale === undefined) return current.plan
    if (tries === MAX_STALE) throw overtaken(stale)
    current = await again()
  }
}

export const overtaken = (host: string): ProvisionError =>
  new ProvisionError('another run was at work here meanwhile', {
    code: 'locked',
    host,
    hint: 'run the same command again; nothing was changed',
  })

/** @returns a host on which another run was at work since it was asked; nothing was changed then */
async function attempt(
  access: HostAccess,
  { plan, group }: Decision,
  done: Change['done'],
): Promise<string | undefined> {
  const names = takingPart(plan)
  const sessions = names.map((name) => hostSession(access, name))
  try {
    const locks = await Promise.all(sessions.map((session) => takeHold(session, generationOf(group, session.host))))
    const stale = names[locks.indexOf('stale')]
    if (stale !== undefined) return stale
    const lost = plan.lost && plan.old !== undefined ? lostOf(access, plan.old, group) : undefined
    await held(sessions, async (holding) => {
      const servers = new Map(holding.map((session) => [session.host, serverOf(session, group)]))
      if (plan.old !== undefined && !plan.lost) await Promise.all(replicasOf(plan, servers).map(well))
      await followPlan({ plan, servers, lost, done })
    })
    return undefined
  } finally {
    await Promise.all(sessions.map((session) => session.release()))
  }
}

const generationOf = ({ asked }: Group, name: string): string =>
  asked.find(({ host }) => host.name === name)?.generation ?? ''

export function hostOf({ inventory }: Prepared, name: string): Host {
  const found = inventory.hosts.find((host) => host.name === name)
  if (found === undefined) throw new RangeError(`no host ${name}`)
  return found
}

const replicasOf = ({ old }: SwitchPlan, servers: ReadonlyMap<string, Server>): Server[] =>
  [...servers.values()].filter(({ member }) => member.name !== old)

/** Just before writes wait for it: caught up but for the last moment. */
const well = ({ session }: Server): Promise<void> => runStep(session, mysqlReplicates(), { phase: 'preflight' })

/** With the locks of all of them held. */
function held(
  [first, ...rest]: readonly HostSession[],
  work: (sessions: readonly HostSession[]) => Promise<void>,
): Promise<void> {
  if (first === undefined) return work([])
  return first.hold((session) => held(rest, (others) => work([session, ...others])))
}

const memberOf = ({ members }: Group, name: string): Member => {
  const found = members.find((member) => member.name === name)
  if (found === undefined) throw new RangeError(`no server ${name}`)
  return found
}

function serverOf(session: HostSession, group: Group): Server {
  const { host: name } = session
  const desired = group.asked.find(({ host }) => host.name === name)?.desired
  if (desired === undefined) throw new RangeError(`${name} has no part in a group`)
  return { member: memberOf(group, name), desired, session }
}

/** Its host may be reachable though its server is not: then it can be stopped. */
function lostOf(access: HostAccess, name: string, group: Group) {
  const reachable = group.asked.find(({ host }) => host.name === name)?.desired !== undefined
  return { member: memberOf(group, name), session: reachable ? hostSession(access, name) : undefined }
}
