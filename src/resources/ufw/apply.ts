import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { isHarmless } from './dead-man.ts'
import { type Spec, specArgs, TAG } from './declared.ts'
import { specDiffers, type UfwChange, uniteTwins } from './diff.ts'
import type { FirewallActual, FirewallDesired, SpecActual, UfwActual } from './model.ts'
import { orderMatters } from './order.ts'
import { formatTuple, needsFamily, ruleArgs, TUPLE_MARK, type Tuple } from './tuple.ts'

/**
 * One transaction: rules first (that of the tool's own connection before all others), then policies, then on; rules
 * that have to go last, by what they say and never by number, since numbers shift. ufw exits 0 for much that it did
 * not do, so its files are read again at the end.
 */
export function applyUfw(changes: readonly UfwChange[]): Script {
  const additions = sshFirst(additionsOf(changes))
  const stale = changes.flatMap(staleOf)
  const guard = guardFor(changes, additions)
  const steps = [
    sh`command -v ufw >/dev/null || { echo 'ufw: not installed: declare its package before it' >&2; exit 1; }`,
    ...(changes.every(isHarmless) ? [] : [sameConnection(changes)]),
    ...changes.flatMap(ipv6Setting),
    ...(guard ? [sh`ufw prepend ${guard} comment ${`${TAG}: guard`}`] : []),
    ...additions.flatMap(addition),
    ...changes.flatMap(firewallSettings),
    ...uniteTwins(stale).map(({ tuple, both }) => removal(tuple, both)),
    ...(guard ? [sh`ufw delete ${guard}`] : []),
    ...verification(changes, additions, stale),
    sh`sync -- /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/ufw.conf /etc/default/ufw /etc/default /etc/ufw`,
  ]
  return joinScripts(steps)
}

interface Addition {
  readonly spec: Spec
  readonly actual: SpecActual
  readonly ipv6: boolean
}

const additionsOf = (changes: readonly UfwChange[]): Addition[] =>
  changes.flatMap(({ desired, actual }) => {
    if (desired.sort !== 'rule' || desired.state === 'absent') return []
    const state = actual !== 'absent' && actual.sort === 'rule' ? actual : undefined
    const ipv6 = state?.ipv6 ?? true
    return desired.specs.flatMap((spec, i) => {
      const present = state?.specs[i] ?? { tuples: [], move: false, ssh: false }
      return specDiffers(desired, spec, present, ipv6) ? [{ spec, actual: present, ipv6 }] : []
    })
  })

/** Unless a rule declared before it must stay before it. */
const sshFirst = (additions: readonly Addition[]): Addition[] => {
  const free = ({ spec, actual }: Addition, i: number) =>
    actual.ssh &&
    !additions.slice(0, i).some((other) => spec.tuples.some((a) => other.spec.tuples.some((b) => orderMatters(a, b))))
  const first = additions.filter(free)
  return [...first, ...additions.filter((one) => !first.includes(one))]
}

/** ufw replaces a rule of the same match in its place, and adds another at the end. */
const addition = ({ spec, actual }: Addition): Script[] => {
  const { route, rule } = specArgs(spec)
  const comment = spec.tuples[0]?.comment ?? TAG
  return [
    ...(actual.move ? uniteTwins(actual.tuples).map(({ tuple, both }) => removal(tuple, both)) : []),
    sh`ufw ${[...route, ...rule]} comment ${comment}`,
  ]
}

const removal = (tuple: Tuple, both: boolean): Script => {
  const { route, rule } = ruleArgs(tuple, both || !needsFamily(tuple))
  return sh`ufw ${[...route, 'delete', ...rule]}`
}

const staleOf = ({ desired, actual }: UfwChange): readonly Tuple[] => {
  if (actual === 'absent') return []
  if (actual.sort === 'firewall') return actual.stale
  return desired.sort === 'rule' && desired.state === 'absent' ? actual.specs.flatMap((spec) => spec.tuples) : []
}

/**
 * While the rule that lets the tool in is taken out and put in again, another one stands for it: a power cut between
 * the two would shut the tool out. Its source ports make it unlike any rule that somebody would write.
 */
const guardFor = (changes: readonly UfwChange[], additions: readonly Addition[]): string[] | undefined => {
  const state = changes.map(({ actual }) => actual).find((actual) => actual !== 'absent' && actual.active)
  const [client, port] = (state && state !== 'absent' ? state.checked : undefined)?.split(' ') ?? []
  if (client === undefined || port === undefined || !additions.some(({ actual }) => actual.ssh && actual.move)) return
  return ['allow', 'in', 'proto', 'tcp', 'from', client, 'port', '1:65535', 'to', 'any', 'port', port]
}

/** The plan was checked for one connection; over another one it says nothing. */
const sameConnection = (changes: readonly UfwChange[]): Script => {
  const known = changes.map(({ actual }) => actual).find((actual): actual is UfwActual => actual !== 'absent')
  const checked = known?.checked ?? 'none'
  return joinScripts([
    rawScript('set -- $(printenv SSH_CONNECTION || :)'),
    sh`checked=${checked}`,
    rawScript('if [ $# = 4 ] && [ "${1%%%*} $4" != "$checked" ]; then'),
    rawScript(
      '  echo "ufw: refused: planned for a connection of (client, port) $checked, run over one of ${1%%%*} $4: plan again" >&2',
    ),
    rawScript('  exit 1\nfi'),
  ])
}

const firewallOf = ({ desired, actual }: UfwChange): [FirewallDesired, FirewallActual | undefined] | undefined =>
  desired.sort === 'firewall'
    ? [desired, actual !== 'absent' && actual.sort === 'firewall' ? actual : undefined]
    : undefined

/** Before any rule: ufw refuses rules for IPv6 without it. It counts from the next start. */
const ipv6Setting = (change: UfwChange): Script[] => {
  const [desired, actual] = firewallOf(change) ?? []
  if (!desired || (actual?.installed && actual.ipv6Setting === desired.ipv6)) return []
  const line = `IPV6=${desired.ipv6 ? 'yes' : 'no'}`
  return [
    sh`
      if grep -q '^IPV6=' /etc/default/ufw; then sed -i ${`s/^IPV6=.*/${line}/`} /etc/default/ufw
      else echo ${line} >>/etc/default/ufw; fi`,
    ...(actual?.enabled && actual.running ? [sh`ufw reload`] : []),
  ]
}

const firewallSettings = (change: UfwChange): Script[] => {
  const [desired, actual] = firewallOf(change) ?? []
  if (!desired) return []
  const same = (field: 'incoming' | 'outgoing' | 'routed' | 'logging') =>
    actual?.installed === true && actual[field] === desired[field]
  const directions = ['outgoing', 'routed', 'incoming'] as const
  return [
    ...directions.filter((field) => !same(field)).map((field) => sh`ufw default ${desired[field]} ${field}`),
    ...(same('logging') ? [] : [sh`ufw logging ${desired.logging}`]),
    ...power(desired, actual),
  ]
}

const FORGET_CHAINS = rawScript(`for ip in iptables ip6tables; do
  $ip -w 10 -S 2>/dev/null | grep -E '^-A [A-Z]+ -j ufw6?-' | while read -r _ rule; do $ip -w 10 -D $rule; done
  chains=$($ip -w 10 -S 2>/dev/null | sed -nE 's/^-N (ufw6?-.*)/\\1/p')
  for chain in $chains; do $ip -w 10 -F "$chain"; done
  for chain in $chains; do $ip -w 10 -X "$chain"; done
done`)

const power = (desired: FirewallDesired, actual: FirewallActual | undefined): Script[] => {
  const { enabled, running, inSync } = actual ?? { enabled: false, running: false, inSync: false }
  if (!desired.enabled) return enabled || running ? [sh`ufw --force disable`] : []
  return [
    // A reload would not do: ufw takes the way into its chains for granted once they are there.
    ...(running && !inSync ? [sh`ufw --force disable`, FORGET_CHAINS] : []),
    ...(enabled && running && inSync ? [] : [sh`ufw --force enable`]),
  ]
}

const verification = (
  changes: readonly UfwChange[],
  additions: readonly Addition[],
  stale: readonly Tuple[],
): Script[] => {
  const line = (tuple: Tuple) => `${TUPLE_MARK}${formatTuple(tuple)}`
  const file = (tuple: Tuple) => `/etc/ufw/user${tuple.family === 6 ? 6 : ''}.rules`
  const failed = (why: string) => sh`{ echo ${`ufw: ${why}`} >&2; exit 1; }`
  const added = additions.flatMap(({ spec, ipv6 }) => spec.tuples.filter((tuple) => ipv6 || tuple.family === 4))
  return [
    ...added.map((t) => sh`grep -qxF -- ${line(t)} ${file(t)} || ${failed(`did not take the rule ${formatTuple(t)}`)}`),
    ...stale.map(
      (t) => sh`! grep -qxF -- ${line(t)} ${file(t)} || ${failed(`did not delete the rule ${formatTuple(t)}`)}`,
    ),
    ...changes.flatMap((change) => {
      const [desired] = firewallOf(change) ?? []
      if (!desired) return []
      const want = desired.enabled ? 'active' : 'inactive'
      return [sh`ufw status | grep -qxF ${`Status: ${want}`} || ${failed(`is not ${want}`)}`]
    }),
  ]
}
