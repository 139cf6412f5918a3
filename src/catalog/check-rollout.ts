import { type Problem, ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import {
  type CompiledRollout,
  HOST_ROLLOUT,
  type HostRollout,
  type NamedKey,
  type RolloutStep,
  type Watched,
} from '../rollout/step.ts'
import { fieldsCheck } from '../schemas/fields.ts'
import type { Role, RoleInput, VarsOf } from './role.ts'
import { isResource } from './role-resources.ts'

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
    const told = problems.map(({ message, hint }) => ({
      message: `role '${role.name}': rollout(): ${message}`,
      hint,
      hosts: [input.host.name],
    }))
    return { rollouts: [], problems: told }
  }
  for (const step of stepsOf(rollout)) checkStep(step, hosts)
  return { rollouts: [withKeys(rollout, role)], problems: [] }
}

/** Everything that is watched by its key. */
function withKeys({ disturbs, serves, relieves, ...rest }: HostRollout, role: Role): CompiledRollout {
  return {
    ...rest,
    role: role.name,
    disturbs: disturbs.map(keyOf),
    ...(serves && { serves: serves.map(keyOf) }),
    ...(relieves && { relieves: relieves.map(keyOf) }),
    named: [
      ...mustBe('disturbs', disturbs),
      ...mustBe('serves', serves),
      ...mustBe('relieves', relieves),
      ...mustBe('first.changes', rest.first?.changes),
    ],
  }
}

/** Things themselves need not be there: a role that has them at hand can't have misspelt them. */
const mustBe = (field: string, watched: readonly Watched[] = []): NamedKey[] =>
  watched.flatMap((one) => (typeof one === 'string' ? [{ field, key: one }] : []))

function keyOf(watched: Watched): string {
  if (typeof watched === 'string') return watched
  if ('key' in watched) return watched.key
  if ('id' in watched) return `handler:${watched.id}`
  if (!isResource(watched)) throw wrong('watches what is neither a key nor a resource nor a handler')
  return `${watched.kind.kind}:${watched.kind.key(watched.desired)}`
}

const stepsOf = ({ preflight = [], drain = [], undrain = [], gates = [], verify = [] }: HostRollout): RolloutStep[] => [
  ...preflight,
  ...drain,
  ...undrain,
  ...gates,
  ...verify,
]

function checkStep({ name, on = [], run, until }: RolloutStep, hosts: readonly string[]): void {
  const stranger = on.find((host) => !hosts.includes(host))
  if (stranger !== undefined) {
    throw wrong(`step '${name}' is for '${stranger}', which is not in the inventory`, nameHint(stranger, hosts))
  }
  if (run === undefined && until === undefined) throw wrong(`step '${name}' has neither run nor until`)
}

const wrong = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(`rollout() ${message}`, { code: 'input', hint })
