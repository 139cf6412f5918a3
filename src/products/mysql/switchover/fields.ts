import type { FieldChange } from '../../../resources/resource.ts'
import type { Member, SwitchPlan } from './switch-plan.ts'

/** What becomes of each server that is not left as it is, as plans show it. */
export function changesOf(plan: SwitchPlan, members: readonly Member[]): Map<string, readonly FieldChange[]> {
  const changes = members.map(({ name }) => [name, fieldsOf(plan, name, members)] as const)
  return new Map(changes.filter(([, fields]) => fields.length > 0))
}

function fieldsOf({ candidate, old, lost, followers }: SwitchPlan, name: string, members: readonly Member[]) {
  const fields: FieldChange[] = []
  if (old === undefined && name === candidate) return fields
  const writable = (from: string, to: string): FieldChange => ({ field: 'writable', from, to })
  if (name === old) fields.push(lost ? { field: 'fenced', to: 'yes' } : writable('yes', 'no'))
  if (name === candidate)
    fields.push({ field: 'source', from: sourceOf(name, members), to: 'none' }, writable('no', 'yes'))
  if (followers.includes(name)) fields.push({ field: 'source', from: sourceOf(name, members), to: candidate })
  return fields
}

/** Name of the server that one replicates from now. */
function sourceOf(name: string, members: readonly Member[]): string | undefined {
  const state = members.find((member) => member.name === name)?.state
  if (state === undefined || 'unknown' in state || state.channel === undefined) return undefined
  const { host, port } = state.channel
  return members.find((member) => member.host === host && member.port === port)?.name ?? `${host}:${port}`
}
