import { hostname, userInfo } from 'node:os'
import type { Pool } from '../connection/pool.ts'
import { ProvisionError } from '../errors.ts'
import { release } from '../execute/converge.ts'
import { holdLock, whileLocked } from '../execute/drained.ts'
import type { Emit, Failure } from '../execute/events.ts'
import { failureOf } from '../execute/failure.ts'
import type { RunIdentity } from '../execute/lock.ts'
import { runStep } from '../execute/run-step.ts'
import type { LockSession } from '../execute/session.ts'
import type { Host } from '../inventory/inventory.ts'
import type { Prepared } from '../prepare.ts'
import { mysqlReplicates } from '../rollout/mysql.ts'
import { followPlan, type Server } from './follow-plan.ts'
import type { Asked } from './group.ts'
import type { Member, SwitchPlan } from './plan.ts'

/** What a switchover needs from the outside. */
export interface Scene {
  readonly prepared: Prepared
  readonly pool: Pool
  emit: Emit
  nonce(): string
  readonly showScripts: boolean
  readonly signal?: AbortSignal | undefined
}

/** The group as it was asked. */
export interface Group {
  readonly asked: readonly Asked[]
  readonly members: readonly Member[]
}

/** A failure and the host that it is about. */
export type FailedAt = Failure & { readonly host: string }

/**
 * Changes the servers that take part, as a run of its own.
 * @param done is told of each server that was changed
 * @returns why it did not come to its end
 */
export async function change(
  scene: Scene,
  plan: SwitchPlan,
  group: Group,
  done: (name: string) => void,
): Promise<FailedAt | undefined> {
  const names = takingPart(plan)
  scene.emit({ type: 'tier-started', tier: hostOf(scene.prepared, plan.candidate).tier, hosts: names })
  for (const host of names) scene.emit({ type: 'host-started', host })
  try {
    await carryOut(scene, plan, group, done)
    return undefined
  } catch (error) {
    const host = error instanceof ProvisionError ? error.host : undefined
    return { ...failureOf(error), host: host ?? plan.candidate }
  }
}

const takingPart = ({ candidate, old, lost, followers }: SwitchPlan): string[] => [
  ...new Set([candidate, ...(old === undefined || lost ? [] : [old]), ...followers]),
]

/**
 * Takes the locks of all servers that take part, looks whether they are well, and follows the plan.
 * @param done is told of each server that was changed
 * @throws ProvisionError why it did not come to its end
 */
export async function carryOut(
  scene: Scene,
  plan: SwitchPlan,
  group: Group,
  done: (name: string) => void,
): Promise<void> {
  const run: RunIdentity = { id: scene.nonce(), who: `${userInfo().username}@${hostname()}` }
  const servers = new Map(
    await Promise.all(takingPart(plan).map(async (name) => [name, await serverOf(scene, run, name, group)] as const)),
  )
  const sessions = [...servers.values()].map(({ session }) => session)
  try {
    await Promise.all(sessions.map((session) => locked(session, group)))
    const lost = plan.lost && plan.old !== undefined ? await lostOf(scene, run, plan.old, group) : undefined
    await held(sessions, async () => {
      if (plan.old !== undefined && !plan.lost) {
        await Promise.all(replicasOf(plan, servers).map((one) => well(one, scene)))
      }
      await followPlan({ plan, servers, lost, done })
    })
  } finally {
    // Best effort: a lock that can't be given back ends with its lease.
    await Promise.allSettled(sessions.map(release))
  }
}

export function hostOf({ inventory }: Prepared, name: string): Host {
  const found = inventory.hosts.find((host) => host.name === name)
  if (found === undefined) throw new RangeError(`no host ${name}`)
  return found
}

const replicasOf = ({ old }: SwitchPlan, servers: ReadonlyMap<string, Server>): Server[] =>
  [...servers.values()].filter(({ member }) => member.name !== old)

/** Just before writes wait for it: caught up but for the last moment. */
function well({ session }: Server, { pool, prepared }: Scene): Promise<void> {
  const reach = (name: string) => pool.get(hostOf(prepared, name))
  return runStep({ ...session, reach }, mysqlReplicates(), { phase: 'preflight' })
}

async function locked(session: LockSession, { asked }: Group): Promise<void> {
  const generation = asked.find(({ host }) => host.name === session.host)?.generation ?? ''
  if ((await holdLock(session, generation)) === 'applied') return
  throw new ProvisionError('another run was at work here meanwhile', {
    code: 'locked',
    host: session.host,
    hint: 'run the same command again; nothing was changed',
  })
}

const held = (sessions: readonly LockSession[], work: () => Promise<void>): Promise<void> =>
  sessions.reduce((inner, session) => () => whileLocked(session, inner), work)()

async function sessionOf(scene: Scene, run: RunIdentity, name: string): Promise<LockSession> {
  const { prepared, pool, emit, nonce, showScripts, signal } = scene
  const connection = await pool.get(hostOf(prepared, name))
  return { host: name, connection, mask: (text) => prepared.mask.text(text), emit, run, nonce, showScripts, signal }
}

const memberOf = ({ members }: Group, name: string): Member => {
  const found = members.find((member) => member.name === name)
  if (found === undefined) throw new RangeError(`no server ${name}`)
  return found
}

async function serverOf(scene: Scene, run: RunIdentity, name: string, group: Group): Promise<Server> {
  const desired = group.asked.find(({ host }) => host.name === name)?.desired
  if (desired === undefined) throw new RangeError(`${name} has no part in a group`)
  return { member: memberOf(group, name), desired, session: await sessionOf(scene, run, name) }
}

/** Its host may be reachable though its server is not: then it can be stopped. */
async function lostOf(scene: Scene, run: RunIdentity, name: string, group: Group) {
  const reachable = group.asked.find(({ host }) => host.name === name)?.desired !== undefined
  return { member: memberOf(group, name), session: reachable ? await sessionOf(scene, run, name) : undefined }
}
