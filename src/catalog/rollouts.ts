import { ProvisionError } from '../errors.ts'
import { nameHint } from '../inventory/problems.ts'
import type { CompiledRollout, HostRollout, RolloutStep } from '../rollout/steps.ts'
import type { Role, RoleInput, VarsOf } from './role.ts'

/**
 * What a role says about the change of a host, checked.
 * @param hosts names of all hosts of the inventory
 * @throws ProvisionError for a step on a host that is not in the inventory, or one that does nothing
 */
export function rolloutOf(
  role: Role,
  input: RoleInput<VarsOf<Role['vars']>>,
  hosts: readonly string[],
): CompiledRollout[] {
  const rollout = role.rollout?.(input)
  if (rollout === undefined) return []
  if (!Array.isArray(rollout.disturbs)) throw wrong('must say what disturbs: a list, perhaps an empty one')
  for (const step of stepsOf(rollout)) checkStep(step, hosts)
  return [{ ...rollout, role: role.name }]
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
