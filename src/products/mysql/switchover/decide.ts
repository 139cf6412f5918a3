import { InputError } from '../../../errors.ts'
import { type Asked, type Asking, askMember, membersOf } from './group.ts'
import { planSwitch, type SwitchPlan, type SwitchRequest } from './switch-plan.ts'

/**
 * Who does what, by what the servers said. The old primary is asked once more, after all others.
 * @throws InputError with the reasons against it
 */
export async function decided(
  asking: Asking,
  asked: readonly Asked[],
  request: SwitchRequest,
): Promise<{ readonly plan: SwitchPlan; readonly asked: readonly Asked[] }> {
  const first = planSwitch(membersOf(asked), request)
  const old = 'problems' in first ? writableOf(asked) : asked.find(({ host }) => host.name === first.old)
  const again = old && !request.primaryLost ? await askMember(asking, old.host) : old
  const all = asked.map((one) => (again && one === old ? again : one))
  const plan = planSwitch(membersOf(all), request)
  if ('problems' in plan) throw new InputError(plan.problems)
  return { plan, asked: all }
}

const writableOf = (asked: readonly Asked[]): Asked | undefined =>
  asked.find(({ state }) => !('unknown' in state) && state.role === 'writable')
