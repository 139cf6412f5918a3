import type { Change, FieldChange } from '../resource.ts'
import { describeSpec, type RuleDesired, type Spec } from './declared.ts'
import type { FirewallActual, FirewallDesired, RuleActual, SpecActual, UfwActual, UfwDesired } from './model.ts'
import { describeTuple, formatTuple, isTwin, matchOf, type Tuple } from './tuple.ts'

export type UfwChange = Change<UfwDesired, UfwActual>

export function diffUfw(desired: UfwDesired, actual: UfwActual | 'absent'): UfwChange | undefined {
  if (desired.sort === 'rule') {
    const state = actual !== 'absent' && actual.sort === 'rule' ? actual : NO_RULE
    const fields = desired.specs.flatMap((spec, i) => specFields(desired, spec, state.specs[i] ?? NOTHING, state.ipv6))
    return fields.length === 0 ? undefined : { action: ruleAction(desired, state), desired, actual, fields }
  }
  const state = actual !== 'absent' && actual.sort === 'firewall' ? actual : NO_FIREWALL
  const fields = firewallFields(desired, state)
  return fields.length === 0 ? undefined : { action: state.installed ? 'update' : 'create', desired, actual, fields }
}

const NOTHING: SpecActual = { tuples: [], move: false, ssh: false }
const NO_RULE: RuleActual = { sort: 'rule', ipv6: true, checked: undefined, active: false, specs: [] }
const NO_FIREWALL: FirewallActual = {
  sort: 'firewall',
  ipv6: true,
  checked: undefined,
  active: false,
  installed: false,
  enabled: false,
  running: false,
  inSync: false,
  incoming: 'deny',
  outgoing: 'allow',
  routed: 'deny',
  logging: 'low',
  ipv6Setting: true,
  stale: [],
  foreign: [],
}

/** Must this spec be added, altered, moved or removed? */
export function specDiffers(desired: RuleDesired, spec: Spec, actual: SpecActual, ipv6: boolean): boolean {
  return specFields(desired, spec, actual, ipv6).length > 0
}

const ruleAction = (desired: RuleDesired, actual: RuleActual): Change['action'] => {
  if (desired.state === 'absent') return 'delete'
  return actual.specs.some((spec) => spec.tuples.length > 0) ? 'update' : 'create'
}

const specFields = (desired: RuleDesired, spec: Spec, actual: SpecActual, ipv6: boolean): FieldChange[] => {
  if (desired.state === 'absent') return actual.tuples.map((tuple) => ({ field: 'rule', from: describeTuple(tuple) }))
  const to = describeSpec(spec)
  if (actual.tuples.length === 0) return [{ field: 'rule', to }]
  if (actual.move) return [{ field: 'order', from: `${to}: before a rule declared before it`, to: 'after it' }]
  const wanted = spec.tuples.filter((tuple) => ipv6 || tuple.family === 4)
  return wanted.flatMap((tuple) => {
    const present = actual.tuples.find((other) => matchOf(other) === matchOf(tuple))
    return present ? tupleFields(tuple, present) : [{ field: `rule (IPv${tuple.family})`, to: describeTuple(tuple) }]
  })
}

const tupleFields = (wanted: Tuple, present: Tuple): FieldChange[] => {
  if (formatTuple(wanted) === formatTuple(present)) return []
  const effect = (tuple: Tuple) => [tuple.action, tuple.log].filter((word) => word !== '').join(' ')
  const family = `IPv${wanted.family}`
  return [
    ...(effect(wanted) === effect(present)
      ? []
      : [{ field: `action (${family})`, from: describeTuple(present), to: effect(wanted) }]),
    ...(wanted.comment === present.comment
      ? []
      : [{ field: `comment (${family})`, from: present.comment || undefined, to: wanted.comment }]),
  ]
}

const firewallFields = (desired: FirewallDesired, actual: FirewallActual): FieldChange[] => {
  const field = (name: string, from: string, to: string) =>
    from === to && actual.installed ? [] : [{ field: name, from: actual.installed ? from : undefined, to }]
  const kernel = actual.enabled && actual.running && desired.enabled && !actual.inSync
  const fields = [
    ...field('enabled', enabledText(actual), desired.enabled ? 'yes' : 'no'),
    ...(kernel ? [{ field: 'kernel', from: 'not what the rule files say', to: 'reloaded' }] : []),
    ...field('incoming', actual.incoming, desired.incoming),
    ...field('outgoing', actual.outgoing, desired.outgoing),
    ...field('routed', actual.routed, desired.routed),
    ...field('logging', actual.logging, desired.logging),
    ...field('ipv6', actual.ipv6Setting ? 'yes' : 'no', desired.ipv6 ? 'yes' : 'no'),
    ...pairUp(actual.stale).map((text) => ({ field: 'undeclared rule', from: text })),
  ]
  // Not a change by itself: with this purge mode it stays.
  const notes = pairUp(actual.foreign).map((text) => ({ field: 'undeclared rule, stays', from: text, to: text }))
  return fields.length === 0 ? [] : [...fields, ...notes]
}

const enabledText = (actual: FirewallActual): string => {
  if (actual.enabled) return actual.running ? 'yes' : 'at boot, but not running'
  return actual.running ? 'running, but not at boot' : 'no'
}

const pairUp = (tuples: readonly Tuple[]): string[] =>
  uniteTwins(tuples).map(({ tuple, both }) => describeTuple(tuple, both))

/** The two halves of one rule as one. */
export function uniteTwins(tuples: readonly Tuple[]): { readonly tuple: Tuple; readonly both: boolean }[] {
  return tuples.flatMap((tuple) => {
    const twin = tuples.find((other) => isTwin(tuple, other))
    if (twin && tuple.family === 6) return []
    return [{ tuple, both: twin !== undefined }]
  })
}
