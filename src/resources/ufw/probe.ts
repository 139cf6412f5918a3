import { rawScript, type Script } from '../../shell/script.ts'
import type { Policy, SshConnection } from './access.ts'
import type { Family } from './address.ts'
import { parseTuple, type Tuple } from './tuple.ts'

/** What a host says about ufw: its files, and what the kernel has of them. */
export interface HostState {
  readonly installed: boolean
  readonly ssh: SshConnection | undefined
  /** Has the kernel IPv6? Without, ufw leaves user6.rules alone. */
  readonly ipv6Kernel: boolean
  readonly ipv6: boolean
  readonly incoming: Policy
  readonly outgoing: Policy
  readonly routed: Policy
  /** ENABLED in ufw.conf: started at boot. */
  readonly enabled: boolean
  readonly logging: string
  readonly tuples: readonly Tuple[]
  /** Facts of the filter tables and of the rule files, as `4 -P INPUT DROP` and `4 ufw-user-input 3`. */
  readonly kernel: ReadonlySet<string>
  readonly files: ReadonlySet<string>
}

/**
 * Reads what ufw itself reads (`### tuple ###` lines, /etc/default/ufw, ufw.conf: precise also while it is inactive,
 * when `ufw status` shows nothing, and what a removed package left behind), and how many rules of the user chains the kernel has: somebody may have flushed
 * them or changed a policy behind ufw's back.
 */
export const PROBE: Script = rawScript(String.raw`set -- ${'$'}{SSH_CONNECTION-}
if [ $# = 4 ]; then
  client=$1 server=$3 port=$4
  set -- $(ip -o addr show to "$3" 2>/dev/null) - -
  printf 'ssh %s %s %s %s\n' "$client" "$server" "$port" "${'$'}{2#-}"
fi
[ ! -d /proc/sys/net/ipv6 ] || echo kernel6
! command -v ufw >/dev/null || echo installed
set -- of=settings
for f in /etc/default/ufw /etc/ufw/ufw.conf; do [ ! -f "$f" ] || set -- "$@" "$f"; done
for v in 4 6; do
  case $v in 4) f=/etc/ufw/user.rules ;; 6) f=/etc/ufw/user6.rules ;; esac
  [ ! -f "$f" ] || set -- "$@" of=rules v=$v file$v=1 "$f"
done
{ echo @4; iptables -w 5 -S; echo @6; ip6tables -w 5 -S; } 2>/dev/null | awk '
  of == "settings" { if (/^(IPV6|DEFAULT_[A-Z]*_POLICY|ENABLED|LOGLEVEL)=/) print "set", $0; next }
  of == "rules" { if (/^### tuple ###/) print "tuple", v, $0; if ($1 == "-A") rules[$2]++; next }
  /^@/ { v = substr($0, 2); before = v == 6 ? "ufw6-before-" : "ufw-before-"; next }
  $1 == "-P" || $1 == "-A" && NF == 4 && index($4, before) == 1 { print "kernel", v, $0 }
  $1 == "-N" { has[$2] = 1 }
  $1 == "-A" { has[$2] = 1; kernel[$2]++ }
  END {
    split("ufw-user-input ufw-user-output ufw-user-forward ufw6-user-input ufw6-user-output ufw6-user-forward", c, " ")
    for (i = 1; i <= 6; i++) {
      v = i > 3 ? 6 : 4
      if (v == 4 ? file4 : file6) print "file", v, c[i], rules[c[i]] + 0
      if (c[i] in has) print "kernel", v, c[i], kernel[c[i]] + 0
    }
  }' "$@" of=kernel -
echo end`)

/** @throws Error when the answer is not what the probe prints. */
export function parseHost(answer: string): HostState {
  const lines = answer.split('\n').filter((line) => line !== '')
  if (lines.at(-1) !== 'end') throw new Error('the answer about ufw is cut short')
  const all = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const settings = new Map(all('set').map(settingOf))
  return {
    installed: lines.includes('installed'),
    ssh: parseSsh(all('ssh')[0]),
    ipv6Kernel: lines.includes('kernel6'),
    ipv6: settings.get('IPV6') === 'yes',
    incoming: policyOf(settings.get('DEFAULT_INPUT_POLICY')),
    outgoing: policyOf(settings.get('DEFAULT_OUTPUT_POLICY')),
    routed: policyOf(settings.get('DEFAULT_FORWARD_POLICY')),
    enabled: settings.get('ENABLED') === 'yes',
    logging: settings.get('LOGLEVEL') ?? 'off',
    tuples: all('tuple').flatMap((line) => tupleOf(line) ?? []),
    kernel: new Set(all('kernel')),
    files: new Set(all('file')),
  }
}

/** Does the kernel have ufw's chains? */
export function isActive(host: HostState): boolean {
  return [...host.kernel].some((line) => line.startsWith('4 ufw-user-input '))
}

/** Has the kernel what the files say: policies, the way into ufw's chains, as many rules in them? */
export function isInSync(host: HostState): boolean {
  const families: Family[] = host.ipv6 && host.ipv6Kernel ? [4, 6] : [4]
  const policies = { INPUT: host.incoming, OUTPUT: host.outgoing, FORWARD: host.routed }
  return (
    families.every((family) =>
      Object.entries(policies).every(
        ([chain, policy]) =>
          host.kernel.has(`${family} -P ${chain} ${policy === 'allow' ? 'ACCEPT' : 'DROP'}`) &&
          host.kernel.has(`${family} -A ${chain} -j ufw${family === 6 ? 6 : ''}-before-${chain.toLowerCase()}`),
      ),
    ) &&
    [...host.files].every((line) => !families.some((family) => line.startsWith(`${family} `)) || host.kernel.has(line))
  )
}

const settingOf = (line: string): readonly [string, string] => {
  const [, name = '', value = ''] = /^(\w+)=["']?(\w*)/.exec(line) ?? []
  return [name, value.toLowerCase()]
}

const policyOf = (value: string | undefined): Policy =>
  value === 'accept' ? 'allow' : value === 'reject' ? 'reject' : 'deny'

const tupleOf = (line: string): Tuple | undefined => {
  const found = /^([46]) ### tuple ### ?(.*)$/.exec(line)
  return found ? parseTuple(found[2] ?? '', found[1] === '6' ? 6 : 4) : undefined
}

const parseSsh = (line: string | undefined): SshConnection | undefined => {
  const [client, server, port, iface = ''] = line?.split(' ') ?? []
  if (client === undefined || server === undefined || port === undefined) return undefined
  // A link-local address comes with its zone (fe80::1%eth0), which no rule can name.
  const bare = (address: string) => address.replace(/%.*$/, '')
  return { client: bare(client), server: bare(server), port: Number(port), iface }
}
