import { InputError } from '../../../errors.ts'
import type {
  AskedHost,
  Failover,
  FailoverGroup,
  SwitchoverDecision,
  SwitchoverTools,
} from '../../../run/failover/port.ts'
import { mysqlReplicates } from '../steps.ts'
import { changesOf } from './fields.ts'
import { followPlan, type Server } from './follow-plan.ts'
import { declaredOf, isPart, membersOf } from './group.ts'
import { switchNotes } from './notes.ts'
import { failoverOutlook } from './outlook.ts'
import { type Member, planSwitch, type SwitchPlan } from './switch-plan.ts'

/** The writable server of a group, and how another becomes that. */
export const mysqlFailover: Failover = {
  product: 'MySQL',
  isPart,
  hasOthers: (part) => (declaredOf({ part })?.peers.length ?? 0) > 0,
  group: groupOf,
}

function groupOf(probed: readonly AskedHost[]): FailoverGroup {
  const members = membersOf(probed)
  const primaries = members.flatMap(({ name, state }) => ('role' in state && state.role === 'writable' ? [name] : []))
  return {
    primaries,
    askLast(request) {
      if (request.primaryLost) return undefined
      const first = planSwitch(members, request)
      return 'problems' in first ? primaries[0] : first.old
    },
    outlook: (to) => failoverOutlook(members, to),
    decide(request) {
      const plan = planSwitch(members, request)
      if ('problems' in plan) throw new InputError(plan.problems)
      return decisionOf(plan, probed, members)
    },
  }
}

function decisionOf(plan: SwitchPlan, probed: readonly AskedHost[], members: readonly Member[]): SwitchoverDecision {
  const { candidate, old, lost, followers } = plan
  const { tier = '' } = probed.find(({ host }) => host.name === candidate)?.host ?? {}
  return {
    to: candidate,
    from: old,
    plan,
    changes: changesOf(plan, members),
    takingPart: [...new Set([candidate, ...(old === undefined || lost ? [] : [old]), ...followers])],
    carryOut: (tools) => carryOut(plan, probed, members, tools),
    notes: (hosts) => switchNotes(plan, tier, hosts),
  }
}

async function carryOut(
  plan: SwitchPlan,
  probed: readonly AskedHost[],
  members: readonly Member[],
  { sessions, session, check, done }: SwitchoverTools,
): Promise<void> {
  const { old, lost } = plan
  const declared = new Map(probed.flatMap((one) => (one.part ? [[one.host.name, declaredOf(one)] as const] : [])))
  const servers = new Map(
    [...sessions].map(([name, session]): [string, Server] => {
      const desired = declared.get(name)
      if (desired === undefined) throw new RangeError(`${name} has no part in a group`)
      return [name, { member: memberOf(members, name), desired, session }]
    }),
  )
  if (old !== undefined && !lost) {
    // Just before writes wait for them: caught up but for the last moment.
    await Promise.all([...sessions.keys()].map((name) => (name === old ? undefined : check(name, mysqlReplicates()))))
  }
  // Its host may be reachable though its server is not: then that can be stopped.
  const reachable = old !== undefined && declared.has(old)
  const gone =
    lost && old !== undefined
      ? { member: memberOf(members, old), session: reachable ? session(old) : undefined }
      : undefined
  await followPlan({ plan, servers, lost: gone, done })
}

function memberOf(members: readonly Member[], name: string): Member {
  const found = members.find((member) => member.name === name)
  if (found === undefined) throw new RangeError(`no server ${name}`)
  return found
}
