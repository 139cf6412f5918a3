import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Family } from './address.ts'
import { isHarmless } from './auto-revert.ts'
import type { Spec } from './declared.ts'
import { specDiffers, type UfwChange } from './diff.ts'
import type { FirewallActual, FirewallDesired, SpecActual, UfwActual } from './model.ts'
import { orderMatters } from './order.ts'
import { type Edit, editRuleFiles } from './rule-files.ts'
import { matchOf, type Tuple } from './tuple.ts'

/**
 * One transaction: rules first, that of the tool's own connection before all others, then policies, then on; where a policy
 * changes, rules that have to go come last.
 */
export function applyUfw(changes: readonly UfwChange[]): Script {
  const additions = sshFirst(additionsOf(changes)).flatMap(editsOf)
  const removals = changes.flatMap(staleOf).map((tuple): Edit => ({ op: 'remove', tuple }))
  const settings = changes.flatMap(firewallSettings)
  const families: readonly Family[] = usesIpv6(changes) ? [4, 6] : [4]
  return joinScripts([
    sh`command -v ufw >/dev/null || { echo 'ufw: not installed: declare its package before it' >&2; exit 1; }`,
    ...(changes.every(isHarmless) ? [] : [sameConnection(changes)]),
    ...changes.flatMap(ipv6Setting),
    ...(settings.length > 0
      ? [editRuleFiles(additions, families), ...settings, editRuleFiles(removals, families)]
      : [editRuleFiles([...removals, ...additions], families)]),
    ...verification(changes),
    sh`sync -- /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/ufw.conf /etc/default/ufw /etc/default /etc/ufw`,
  ])
}

const usesIpv6 = (changes: readonly UfwChange[]): boolean =>
  changes.every(({ desired, actual }) => (actual === 'absent' ? desired.sort === 'rule' || desired.ipv6 : actual.ipv6))

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

/** A rule of the same match is replaced in its place, another comes to the end. */
const editsOf = ({ spec, actual, ipv6 }: Addition): Edit[] => {
  const wanted = spec.tuples.filter((tuple) => ipv6 || tuple.family === 4)
  if (actual.move) {
    return [
      ...actual.tuples.map((tuple): Edit => ({ op: 'remove', tuple })),
      ...wanted.map((tuple): Edit => ({ op: 'add', tuple })),
    ]
  }
  return wanted.map((tuple): Edit => {
    const present = actual.tuples.find((other) => matchOf(other) === matchOf(tuple))
    return present ? { op: 'replace', tuple: present, by: tuple } : { op: 'add', tuple }
  })
}

const staleOf = ({ desired, actual }: UfwChange): readonly Tuple[] => {
  if (actual === 'absent') return []
  if (actual.sort === 'firewall') return actual.stale
  return desired.sort === 'rule' && desired.state === 'absent' ? actual.specs.flatMap((spec) => spec.tuples) : []
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

/** Each costs a start of Python, and where ufw runs a reload: only what is not so already is set. */
const firewallSettings = (change: UfwChange): Script[] => {
  const [desired, actual] = firewallOf(change) ?? []
  if (!desired) return []
  const same = (field: 'incoming' | 'outgoing' | 'routed' | 'logging') =>
    actual?.installed === true && actual[field] === desired[field]
  const directions = ['outgoing', 'routed', 'incoming'] as const
  return [
    ...directions
      .filter((field) => !same(field))
      .map((field) => {
        const { name, value } = settingOf(field, desired[field])
        return sh`grep -qx ${`${name}="${value}"`} /etc/default/ufw || ufw default ${desired[field]} ${field}`
      }),
    ...(same('logging')
      ? []
      : [sh`grep -qx ${`LOGLEVEL=${desired.logging}`} /etc/ufw/ufw.conf || ufw logging ${desired.logging}`]),
    ...power(desired, actual),
  ]
}

const CHAINS = { incoming: 'INPUT', outgoing: 'OUTPUT', routed: 'FORWARD' } as const
const TARGETS = { allow: 'ACCEPT', deny: 'DROP', reject: 'REJECT' } as const

/** As ufw keeps it in /etc/default/ufw. */
const settingOf = (field: keyof typeof CHAINS, policy: keyof typeof TARGETS) => ({
  name: `DEFAULT_${CHAINS[field]}_POLICY`,
  value: TARGETS[policy],
})

const FORGET_CHAINS = rawScript(`for ip in iptables ip6tables; do
  $ip -w 10 -S 2>/dev/null | grep -E '^-A [A-Z]+ -j ufw6?-' | while read -r _ rule; do $ip -w 10 -D $rule; done
  chains=$($ip -w 10 -S 2>/dev/null | sed -nE 's/^-N (ufw6?-.*)/\\1/p')
  for chain in $chains; do $ip -w 10 -F "$chain"; done
  for chain in $chains; do $ip -w 10 -X "$chain"; done
done`)

/** As a boot does it, from the files that hold all rules already: `ufw enable` sets those of its log one by one, by iptables. */
const ENABLE =
  rawScript(`if grep -q '^ENABLED=' /etc/ufw/ufw.conf; then sed -i 's/^ENABLED=.*/ENABLED=yes/' /etc/ufw/ufw.conf
else echo ENABLED=yes >>/etc/ufw/ufw.conf; fi
said=$(/lib/ufw/ufw-init start 2>&1) || { printf '%s\\n' "$said" | head -n 20 >&2; echo 'ufw: can not be started' >&2; exit 1; }`)

const power = (desired: FirewallDesired, actual: FirewallActual | undefined): Script[] => {
  const { enabled, running, inSync } = actual ?? { enabled: false, running: false, inSync: false }
  if (!desired.enabled) return enabled || running ? [sh`ufw --force disable`] : []
  return [
    // A reload would not do: ufw takes the way into its chains for granted once they are there.
    ...(running && !inSync ? [sh`ufw --force disable`, FORGET_CHAINS] : []),
    ...(enabled && running && inSync ? [] : [ENABLE]),
  ]
}

/** ufw exits 0 for much that it did not do. */
const verification = (changes: readonly UfwChange[]): Script[] =>
  changes.flatMap((change) => {
    const [desired] = firewallOf(change) ?? []
    if (!desired) return []
    const isNot = sh`{ echo ${`ufw: is not ${desired.enabled ? 'active' : 'inactive'}`} >&2; exit 1; }`
    const chain = sh`iptables -w 10 -S ufw-user-input >/dev/null 2>&1`
    return [desired.enabled ? sh`${chain} || ${isNot}` : sh`if ${chain}; then ${isNot}; fi`]
  })
