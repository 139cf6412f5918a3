import { messageOf, type Problem, ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import {
  type CompiledRollout,
  HOST_ROLLOUT,
  type HostRollout,
  type MaybeThere,
  type Named,
  type NamedKey,
  type Watched,
} from '../rollout/declared.ts'
import { allSteps } from '../rollout/phase.ts'
import type { RolloutStep } from '../rollout/step.ts'
import { fieldsCheck } from '../schemas/fields.ts'
import { keyOf } from './keys.ts'
import type { Role, RoleInput, VarsOf } from './role.ts'

interface Made {
  readonly rollouts: readonly CompiledRollout[]
  readonly problems: readonly Problem[]
}

const checkFields = fieldsCheck(HOST_ROLLOUT)

/**
 * What a role says about the change of a host, and what is wrong with it.
 * @param hosts names of all hosts of the inventory
 * @throws ProvisionError for a step on a host that is not in the inventory, or one that does nothing
 */
export function rolloutOf(role: Role, input: RoleInput<VarsOf<Role['vars']>>, hosts: readonly string[]): Made {
  const rollout = role.rollout?.(input)
  if (rollout === undefined) return { rollouts: [], problems: [] }
  if (typeof rollout !== 'object') throw wrong('must return an object, or undefined')
  const problems = checkFields(rollout)
  if (problems.length > 0) {
    const placed = problems.map(({ message, hint }) => ({
      message: `role '${role.name}': rollout(): ${message}`,
      hint,
      hosts: [input.host.name],
    }))
    return { rollouts: [], problems: placed }
  }
  for (const step of allSteps(rollout)) checkStep(step, hosts)
  checkHosts('throughput', rollout.throughput?.on, hosts)
  return { rollouts: [withKeys(rollout, role)], problems: [] }
}

/** Everything that is watched by its key. */
function withKeys(rollout: HostRollout, role: Role): CompiledRollout {
  const { disruptive, requiredServices, failoverBefore, first, ...rest } = rollout
  return {
    ...rest,
    role: role.name,
    disruptive: keysOf('disruptive', disruptive),
    ...(requiredServices && { requiredServices: keysOf('requiredServices', requiredServices) }),
    ...(failoverBefore && { failoverBefore: keysOf('failoverBefore', failoverBefore) }),
    ...(first && { first: { ...first, changes: keysOf('first.changes', first.changes) } }),
    named: [
      ...mustBe('disruptive', disruptive),
      ...mustBe('requiredServices', requiredServices),
      ...mustBe('failoverBefore', failoverBefore),
      ...mustBe('first.changes', first?.changes),
    ],
  }
}

/** A thing that was made for this alone can be misspelt as well as a text. */
const mustBe = (field: string, watched: readonly Watched[] = []): NamedKey[] =>
  watched.flatMap((one) => (isMaybeThere(one) ? [] : [{ field, key: namedKey(field, one) }]))

const keysOf = (field: string, watched: readonly Watched[]): string[] =>
  watched.map((one) => namedKey(field, isMaybeThere(one) ? one.key : one))

const isMaybeThere = (watched: Watched): watched is MaybeThere => typeof watched === 'object' && 'key' in watched

function namedKey(field: string, named: Named): string {
  try {
    return keyOf(named)
  } catch (error) {
    throw wrong(`${field}: ${messageOf(error)}`, error instanceof ProvisionError ? error.hint : undefined)
  }
}

function checkStep({ name, on, run, until }: RolloutStep, hosts: readonly string[]): void {
  checkHosts(`step '${name}'`, on, hosts)
  if (run === undefined && until === undefined) throw wrong(`step '${name}' has neither run nor until`)
}

function checkHosts(what: string, on: readonly string[] = [], hosts: readonly string[]): void {
  const stranger = on.find((host) => !hosts.includes(host))
  if (stranger === undefined) return
  throw wrong(`${what} is for '${stranger}', which is not in the inventory`, nameHint(stranger, hosts))
}

const wrong = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(`rollout() ${message}`, { code: 'input', hint })
