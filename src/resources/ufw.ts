import type { Resource, ResourceKind, ResourceOptions } from './resource.ts'
import { applyUfw } from './ufw/apply.ts'
import { deadManFor } from './ufw/dead-man.ts'
import { declareRule, describeMatch, type UfwRule } from './ufw/declared.ts'
import { diffUfw } from './ufw/diff.ts'
import { declareFirewall, type Firewall, type UfwActual, type UfwDesired } from './ufw/model.ts'
import { PROBE, parseHost } from './ufw/probe.ts'
import { actualStates } from './ufw/state.ts'

export { coversConnection } from './ufw/access.ts'
export type { UfwRule } from './ufw/declared.ts'
export type { Firewall, UfwActual, UfwDesired } from './ufw/model.ts'

/**
 * The firewall of a host: its rules and itself, one transaction. A change that would shut the tool out is refused
 * when it is planned; what can cut access all the same goes under a dead-man.
 */
export const ufwKind: ResourceKind<UfwDesired, UfwActual> = {
  kind: 'ufw',
  gather: true,
  together: true,
  key: (desired) => (desired.sort === 'firewall' ? 'firewall' : desired.specs.map(describeMatch).join(' + ')),
  probe: () => PROBE,
  parse: (answer, all) => {
    const states = actualStates(all, parseHost(answer))
    return new Map(all.map((desired, i) => [ufwKind.key(desired), states[i] ?? 'absent']))
  },
  diff: diffUfw,
  apply: applyUfw,
  deadMan: deadManFor,
}

/**
 * A rule of ufw. Rules that can match one packet and differ in what they do keep the order they are declared in.
 * @throws ProvisionError (input) for what ufw would refuse.
 */
export function ufwRule({ notify, ...rule }: UfwRule & ResourceOptions): Resource<UfwDesired, UfwActual> {
  return { kind: ufwKind, desired: declareRule(rule), notify: notify ?? [] }
}

/** The firewall itself: running or not, policies, logging, and what becomes of rules that nobody declares. */
export function firewall({ notify, ...settings }: Firewall & ResourceOptions = {}): Resource<UfwDesired, UfwActual> {
  return { kind: ufwKind, desired: declareFirewall(settings), notify: notify ?? [] }
}
