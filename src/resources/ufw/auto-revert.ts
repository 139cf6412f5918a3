import { rawScript } from '../../shell/script.ts'
import type { AutoRevert } from '../resource.ts'
import type { UfwChange } from './diff.ts'

/** Only lets more in: nothing that could cut a connection. */
export function isHarmless({ desired, actual }: UfwChange): boolean {
  if (desired.sort !== 'rule' || desired.state === 'absent') return false
  const moves = actual !== 'absent' && actual.sort === 'rule' && actual.specs.some((spec) => spec.move)
  return !moves && desired.specs.every((spec) => spec.tuples.every((tuple) => tuple.action === 'allow'))
}

/** How to put the firewall back as it was; undefined when the changes only let more in. */
export function autoRevertFor(changes: readonly UfwChange[]): AutoRevert | undefined {
  return changes.every(isHarmless) ? undefined : { snapshot: rawScript(SNAPSHOT), restore: rawScript(RESTORE) }
}

// after*.rules: `ufw default` rewrites the log prefixes in them.
const FILES =
  '/etc/default/ufw /etc/ufw/ufw.conf /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/after.rules /etc/ufw/after6.rules'

/** Files, whether it runs, the built-in chains' policies, and the sysctls that starting ufw sets. */
const SNAPSHOT = `mkdir -p -- "$SNAPSHOT/files"
for f in ${FILES}; do
  if [ -e "$f" ]; then cp -p -- "$f" "$SNAPSHOT/files/$(printf %s "$f" | tr / _)"; fi
done
if iptables -w 10 -S ufw-user-input >/dev/null 2>&1; then : >"$SNAPSHOT/running"; fi
for ip in iptables ip6tables; do
  if $ip -w 10 -S >"$SNAPSHOT/$ip.all" 2>/dev/null; then grep '^-P ' "$SNAPSHOT/$ip.all" >"$SNAPSHOT/$ip" || :; fi
done
if [ -f /etc/ufw/sysctl.conf ]; then
  for key in $(sed -n 's/^\\([a-z][^ =]*\\)=.*/\\1/p' /etc/ufw/sysctl.conf | tr / .); do
    sysctl -e "$key" 2>/dev/null || :
  done >"$SNAPSHOT/sysctl"
fi`

const RESTORE = `command -v ufw >/dev/null || exit 0
for f in ${FILES}; do
  saved="$SNAPSHOT/files/$(printf %s "$f" | tr / _)"
  if [ -e "$saved" ]; then
    cp -p -- "$saved" "$f.provision" && sync -- "$f.provision" && mv -fT -- "$f.provision" "$f"
  else
    rm -f -- "$f"
  fi
done
if [ -e "$SNAPSHOT/running" ]; then
  # Access comes first: rules that no longer load are worse than none until somebody looks.
  ufw reload || ufw --force disable
else
  ufw --force disable
  for ip in iptables ip6tables; do
    [ -e "$SNAPSHOT/$ip" ] || continue
    # What ufw leaves behind: ways into its empty chains, and those to loopback where it blocked IPv6.
    $ip -w 10 -S | grep -E '^-A [A-Z]+ (-j ufw6?-|-[io] lo -j ACCEPT$)' | grep -vxF -f "$SNAPSHOT/$ip.all" |
      while read -r _ rule; do $ip -w 10 -D $rule; done
    $ip -w 10 -S | grep -E '^-N ufw6?-' | grep -vxF -f "$SNAPSHOT/$ip.all" >"$SNAPSHOT/$ip.left"
    while read -r _ chain; do $ip -w 10 -F "$chain"; done <"$SNAPSHOT/$ip.left"
    while read -r _ chain; do $ip -w 10 -X "$chain"; done <"$SNAPSHOT/$ip.left"
    while read -r policy; do $ip -w 10 $policy; done <"$SNAPSHOT/$ip"
  done
fi
if [ -s "$SNAPSHOT/sysctl" ]; then sysctl -e -q -p "$SNAPSHOT/sysctl" || :; fi`
