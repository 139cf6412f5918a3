import { createHash } from 'node:crypto'
import type { FieldSchemas } from '../../schemas/fields.ts'
import { constructorOf } from '../constructor.ts'
import type { Resource, ResourceKind, ResourceOptions } from '../resource.ts'
import { applyUfw } from './apply.ts'
import { autoRevertFor } from './auto-revert.ts'
import { declareRule, describeMatch, type Spec, UFW_RULE, type UfwRule } from './declared.ts'
import { diffUfw } from './diff.ts'
import { declareFirewall, FIREWALL, type Firewall, type UfwActual, type UfwDesired } from './model.ts'
import { notesOn } from './notes.ts'
import { PROBE, parseHost } from './probe.ts'
import { actualStates } from './state.ts'

export { coversConnection } from './access.ts'
export type { UfwRule } from './declared.ts'
export type { Firewall, UfwActual, UfwDesired } from './model.ts'

/**
 * The firewall of a host: its rules and itself, one transaction. A change that would shut the tool out is refused
 * when it is planned; what can cut access all the same goes under an automatic revert.
 */
export const ufwKind: ResourceKind<UfwDesired, UfwActual> = {
  kind: 'ufw',
  groupTogether: true,
  batch: true,
  key: (desired) => (desired.sort === 'firewall' ? 'firewall' : ruleKey(desired.specs)),
  probe: () => PROBE,
  parse: ({ own }, all) => {
    const states = actualStates(all, parseHost(own))
    return new Map(all.map((desired, i) => [ufwKind.key(desired), states[i] ?? 'absent']))
  },
  diff: diffUfw,
  notes: notesOn,
  affects: () => false,
  apply: applyUfw,
  autoRevert: autoRevertFor,
  // Not by which way the tool came in: a plan that a laptop made is applied by another machine.
  basis({ actual }) {
    if (actual === 'absent') return actual
    const { checked: _, ...rest } = actual
    return rest.sort === 'firewall' ? rest : { ...rest, specs: rest.specs.map(({ ssh: __, ...spec }) => spec) }
  },
}

/** Sources that are named in a key; of more there may be thousands. */
const NAMED = 4

function ruleKey(specs: readonly Spec[]): string {
  const all = specs.map(describeMatch)
  if (all.length <= NAMED) return all.join(' + ')
  return `${all[0]} + ${all.length - 1} more (${createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 8)})`
}

/**
 * A rule of ufw. Rules that can match one packet and differ in what they do keep the order they are declared in.
 * @throws ProvisionError (input) for what ufw would refuse.
 */
export const ufwRule = constructorOf<UfwDesired, UfwActual, UfwRule>(ufwKind, {
  fields: UFW_RULE,
  declare: declareRule,
})

/**
 * The rule that lets some addresses in over TCP, as the list of resources that it is: empty without any address, for a
 * rule without a source would let everyone in.
 * @param from addresses and networks; one that is there twice counts once
 * @throws ProvisionError (input) for what ufw would refuse.
 */
export function allowFrom(
  from: readonly string[],
  rule: { readonly port: number; readonly comment: string },
): Resource<UfwDesired, UfwActual>[] {
  return from.length > 0 ? [ufwRule({ ...rule, action: 'allow', proto: 'tcp', from: [...new Set(from)] })] : []
}

const constructFirewall = constructorOf<UfwDesired, UfwActual, Firewall>(ufwKind, {
  fields: FIREWALL,
  declare: declareFirewall,
})

/** The firewall itself: running or not, policies, logging, and what becomes of rules that nobody declares. */
export const firewall: FirewallConstructor = Object.assign(
  (settings: Firewall & ResourceOptions = {}) => constructFirewall(settings),
  { fields: constructFirewall.fields },
)

/** Everything of it has a default. */
interface FirewallConstructor {
  (settings?: Firewall & ResourceOptions): Resource<UfwDesired, UfwActual>
  readonly fields?: FieldSchemas | undefined
}
