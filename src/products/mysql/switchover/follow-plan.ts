import { messageOf, ProvisionError } from '../../../errors.ts'
import type { HostSession } from '../../../host/session.ts'
import { withoutSecrets } from '../../../masking/secret.ts'
import { act } from '../../../run/failover/act.ts'
import { applyVerdict } from '../kinds/replication-apply.ts'
import type { MysqlReplication } from '../kinds/replication-state.ts'

import {
  applyRest,
  canary,
  executedIn,
  hasAll,
  isReadOnly,
  isSilent,
  promote,
  receiveAgain,
  stopped,
  takesNoWrites,
  takesWrites,
} from './scripts.ts'
import { ahead, type Member, type SwitchPlan } from './switch-plan.ts'

/** A server in hand: its lock is held. */
export interface Server {
  readonly member: Member
  readonly desired: MysqlReplication
  readonly session: HostSession
}

export interface Following {
  readonly plan: SwitchPlan
  /** Servers that take part, by name. */
  readonly servers: ReadonlyMap<string, Server>
  /** A lost primary: where it listened, and its host, when that can be reached. */
  readonly lost?: { readonly member: Member; readonly session: HostSession | undefined } | undefined
  /** Told of each server that was changed, when it was. */
  done(name: string): void
}

/**
 * Does what the plan says. Until another server is writable, what fails is undone; from then on nothing is, and the same
 * call finishes it.
 * @throws ProvisionError what went wrong, on which host, and in which state that leaves the group
 */
export async function followPlan(following: Following): Promise<void> {
  const { plan, servers, done } = following
  const candidate = serverOf(servers, plan.candidate)
  if (plan.old !== undefined) {
    await (plan.lost ? replaceLost(following, candidate) : relieve(following, candidate, serverOf(servers, plan.old)))
    done(plan.candidate)
  }
  try {
    await finalise(following, candidate)
  } catch (error) {
    throw withHint(error, `${plan.candidate} is the primary; the same command again goes on from here`)
  }
}

/** Everybody replicates from the candidate, and a write gets to all. */
async function finalise({ plan, servers, done }: Following, candidate: Server): Promise<void> {
  const followers = plan.followers.map((name) => serverOf(servers, name))
  await all(followers, async (one) => {
    await follow(one, candidate)
    done(one.member.name)
  })
  const written = await act(candidate.session, {
    name: 'canary write',
    script: canary(candidate.session.nonce()),
  })
  await all(followers, async ({ session }) => {
    await act(session, { name: 'canary replicated', script: hasAll(executedIn(written)) })
  })
}

const serverOf = (servers: ReadonlyMap<string, Server>, name: string): Server => {
  const found = servers.get(name)
  if (found === undefined) throw new RangeError(`no server ${name}`)
  return found
}

/** All at the same time, each to its end, before the first failure is thrown. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const failed = (await Promise.allSettled(items.map(work))).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** The old primary stops taking writes, every replica gets the last of them, and the candidate takes the next. */
async function relieve({ plan, servers, done }: Following, candidate: Server, old: Server): Promise<void> {
  const replicas = [plan.candidate, ...plan.followers.filter((name) => name !== plan.old)]
  const wasWritable = !('unknown' in old.member.state) && old.member.state.role === 'writable'
  try {
    const executed = executedIn(await act(old.session, { name: 'takes no more writes', script: takesNoWrites }))
    await all(replicas, (name) => act(serverOf(servers, name).session, { name: 'caught up', script: hasAll(executed) }))
  } catch (error) {
    throw wasWritable ? await restored(old, error) : error
  }
  done(old.member.name)
  try {
    await act(candidate.session, { name: 'promoted to primary', script: promote })
  } catch (error) {
    // Only where it is sure that the candidate is not writable may another be.
    const sure = await act(candidate.session, { name: 'is still read-only', script: isReadOnly }).then(
      () => true,
      () => false,
    )
    throw sure && wasWritable ? await restored(old, error) : undecided(candidate, error)
  }
}

async function restored({ session, member }: Server, cause: unknown): Promise<ProvisionError> {
  try {
    await act(session, { name: 'is the primary again', script: takesWrites })
    return withHint(cause, `${member.name} is the primary again, as before`)
  } catch (error) {
    return withHint(
      cause,
      `there is no primary now: ${member.name} could not be made writable again (${messageOf(error)})`,
    )
  }
}

const undecided = ({ member }: Server, cause: unknown): ProvisionError =>
  withHint(
    cause,
    `it is not known whether ${member.name} is the primary by now: run the same command again, it finds out`,
  )

function withHint(cause: unknown, hint: string): ProvisionError {
  if (!(cause instanceof ProvisionError)) throw cause
  const { message, code, host, resource, log } = cause
  return new ProvisionError(message, { code, host, resource, log, hint, cause })
}

/** Fenced first; then whoever has most of what it left is promoted, or nobody. */
async function replaceLost({ plan, servers, lost }: Following, candidate: Server): Promise<void> {
  const replicas = [plan.candidate, ...plan.followers].map((name) => serverOf(servers, name))
  if (lost?.session) await act(lost.session, { name: 'is stopped', script: stopped, timeout: 180 })
  if (lost) {
    const { host, port, name } = lost.member
    await all(replicas, ({ session }) => act(session, { name: `${name} is unreachable`, script: isSilent(host, port) }))
  }
  const executed = new Map<string, string>()
  try {
    await all(replicas, async ({ member, session }) => {
      const lines = await act(session, { name: 'applies what it received', script: applyRest, timeout: 90 })
      executed.set(member.name, executedIn(lines))
    })
    const problems = ahead(executed, plan.candidate)
    const [first] = problems
    if (first) {
      throw new ProvisionError(problems.map(({ message }) => message).join('; '), {
        code: 'preflight',
        host: plan.candidate,
        hint: first.hint,
      })
    }
  } catch (error) {
    await Promise.allSettled(
      replicas.map(({ session }) => act(session, { name: 'waits for it again', script: receiveAgain })),
    )
    throw error
  }
  try {
    await act(candidate.session, { name: 'promoted to primary', script: promote })
  } catch (error) {
    throw undecided(candidate, error)
  }
}

function follow({ session, desired }: Server, { member }: Server): Promise<unknown> {
  const source = { host: member.host, port: member.port, executed: undefined }
  const script = (one: MysqlReplication) => applyVerdict(one, { do: 'follow', source, clone: false, fields: [] })
  return act(session, {
    name: `replicates from ${member.name}`,
    script: script(desired),
    shown: script(withoutSecrets(desired)),
    timeout: 120,
  })
}
