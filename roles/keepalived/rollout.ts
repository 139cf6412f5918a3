import { posix } from 'node:path'
import { commandSucceeds, type HostRollout, program, type RoleInput, type RolloutStep, sh, unitActive } from 'provision'
import { keepalivedPackage, keepalivedService, restarted } from './parts.ts'
import type { KeepalivedVars } from './vars.ts'

/** While it is there, the check fails: this host has no address. */
export const DRAIN_FILE = '/var/lib/provision-keepalived/drain'

/** Seconds that connections of clients get once nobody new comes. They are cut with the address anyway. */
const LINGER = 10

/** Hands the addresses over to the next host before haproxy or keepalived is restarted, and takes its own back after. */
export function rollout({ host, vars, group, provided }: RoleInput<KeepalivedVars>): HostRollout {
  const others = group(host.tier).flatMap(({ name }) => (name === host.name ? [] : [name]))
  const vips = vars.keepalived_instances.map(({ vip }) => vip.replace(/\/.*$/, ''))
  const owned = vars.keepalived_instances.flatMap(({ owner, vip }) =>
    owner === host.name ? [vip.replace(/\/.*$/, '')] : [],
  )
  const [next] = others
  // What the check asks, usually haproxy: the addresses leave with it.
  const checkedPort = Number(new URL(vars.keepalived_check_url).port || 80)
  const checked = provided(program, { host: host.name }).filter(({ value }) => value.ports.includes(checkedPort))
  const alone = next === undefined || vips.length === 0
  return {
    requiredServices: [...checked.flatMap(({ value }) => value.requiredServices ?? []), keepalivedService()],
    disruptive: [...checked.flatMap(({ value }) => value.disruptive ?? []), keepalivedPackage(vars), restarted],
    preflight: alone ? [] : [able(others)],
    drain: alone ? [] : [handOver(vips, vars), ...(others.length === 1 ? [taken(next, vips)] : []), quiet(vips)],
    undrain: alone ? [] : [takeBack(owned, vars)],
    gates: [unitActive('haproxy.service'), unitActive('keepalived.service'), checkPasses()],
  }
}

/** Of these addresses, those that the host has: `ip` prints them with their prefix. */
const held = (vips: readonly string[]) => sh`
  have=; for vip in ${vips}; do
    case $(ip -o -4 addr show to "$vip/32") in *" $vip/"*) have="$have $vip" ;; esac
  done
`

const able = (others: readonly string[]): RolloutStep => ({
  name: 'the other load balancers can take the addresses',
  on: others,
  until: sh`
    for unit in haproxy keepalived; do
      systemctl is-active -q "$unit" || { echo "$unit is not active"; exit 1; }
    done
    if [ -e ${DRAIN_FILE} ]; then echo 'it has given its own away'; exit 1; fi
    /etc/keepalived/check-haproxy || { echo 'its haproxy does not answer'; exit 1; }
  `,
  timeout: 20,
})

const handOver = (vips: readonly string[], vars: KeepalivedVars): RolloutStep => ({
  name: 'gives its addresses away',
  run: sh`mkdir -p -- ${posix.dirname(DRAIN_FILE)}; : >${DRAIN_FILE}`,
  until: sh`
    systemctl is-active -q keepalived || exit 0
    ${held(vips)}
    if [ -n "$have" ]; then echo "it still has$have"; exit 1; fi
  `,
  timeout: 20 + vars.keepalived_check_interval * vars.keepalived_check_fall,
  interval: 0.3,
})

const taken = (other: string, vips: readonly string[]): RolloutStep => ({
  name: 'the other load balancer has them',
  on: [other],
  until: sh`
    ${held(vips)}
    for vip in ${vips}; do
      case "$have " in *" $vip "*) ;; *) echo "it does not have $vip"; exit 1 ;; esac
    done
  `,
  timeout: 20,
  interval: 0.3,
})

/** Clients that talked to an address that moved are cut off whatever one waits: this is for the last bytes on the way. */
const quiet = (vips: readonly string[]): RolloutStep => ({
  name: 'no client is in the middle of something',
  until: sh`
    for vip in ${vips}; do
      n=$(ss -Htn state established src "$vip" | wc -l)
      if [ "$n" != 0 ]; then echo "$n connections to $vip"; exit 1; fi
    done
  `,
  timeout: LINGER,
  onTimeout: 'continue',
})

const takeBack = (owned: readonly string[], vars: KeepalivedVars): RolloutStep => ({
  name: 'has its own addresses again',
  run: sh`rm -f -- ${DRAIN_FILE}`,
  until: sh`
    systemctl is-active -q keepalived || exit 0
    for vip in ${owned}; do
      case $(ip -o -4 addr show to "$vip/32") in *" $vip/"*) ;; *) echo "it does not have $vip yet"; exit 1 ;; esac
    done
  `,
  timeout: 30 + vars.keepalived_preempt_delay + vars.keepalived_check_interval * vars.keepalived_check_rise,
})

/** The check itself, but for the drain. */
const checkPasses = (): RolloutStep =>
  commandSucceeds('haproxy answers', sh`DRAIN_FILE= /etc/keepalived/check-haproxy || { echo 'it does not'; exit 1; }`)
