import type { FleetCheck, HostChanges } from 'provision'

const CONFIG = '/etc/keepalived/keepalived.conf'

/**
 * A host throws away heartbeats whose address differs from its own and takes over: two masters. Where the address of an
 * instance changes, it does so on all hosts of the tier at once and with nothing beside it, or not at all.
 */
export function fleetCheck(hosts: readonly HostChanges[]): FleetCheck {
  const verdicts = [...new Set(hosts.map(({ tier }) => tier))].map((tier) =>
    verdictOf(hosts.filter((one) => one.tier === tier)),
  )
  return {
    problems: verdicts.flatMap(({ problems }) => problems ?? []),
    simultaneous: verdicts.flatMap(({ simultaneous }) => simultaneous ?? []),
  }
}

function verdictOf(members: readonly HostChanges[]): FleetCheck {
  const moves = members.flatMap((member) => movesOf(member).map((move) => `${move} on ${member.host}`))
  if (moves.length === 0 || members.length < 2) return {}
  const what = `keepalived: ${moves.join(', ')}`
  const left = members.filter(({ changes }) => changes === undefined).map(({ host }) => host)
  if (left.length > 0) {
    return {
      problems: [
        {
          message: `${what}, but this run does not change ${left.join(', ')}: there would be two masters`,
          hint: 'run it for all of them together: without --limit, and when all can be reached',
        },
      ],
    }
  }
  const beside = [
    ...new Set(
      members.flatMap(({ changes = [] }) => changes.filter(({ role }) => role !== 'keepalived').map(({ key }) => key)),
    ),
  ]
  if (beside.length > 0) {
    return {
      problems: [
        {
          message: `${what}; that is done on all hosts at once, and ${beside.join(', ')} would go along`,
          hint: 'change it in a run of its own: --tags keepalived',
        },
      ],
    }
  }
  return { simultaneous: members.map(({ host }) => host) }
}

/** Instances that were there and go on with another address, in words. */
function movesOf({ changes = [] }: HostChanges): string[] {
  const text = changes.flatMap(({ change }) => change.texts ?? []).find(({ name }) => name === CONFIG)
  if (text?.before === undefined || typeof text.after !== 'string') return []
  const [before, after] = [addressesByVrid(text.before), addressesByVrid(text.after)]
  const changed = [...before].flatMap(([vrid, from]) => {
    const to = after.get(vrid)
    return to === undefined || to === from ? [] : [`vrid ${vrid} moves from ${from} to ${to}`]
  })
  // The same address under another number: heartbeats of the two don't know each other.
  const renumbered = [...before].flatMap(([vrid, from]) => {
    const other = [...after].find(([now, to]) => now !== vrid && to === from)
    return after.has(vrid) || other === undefined ? [] : [`${from} moves from vrid ${vrid} to vrid ${other[0]}`]
  })
  return [...changed, ...renumbered]
}

/** Addresses of the heartbeat, by number of the instance, as a keepalived.conf has them. */
export function addressesByVrid(config: string): Map<string, string> {
  const instances = config
    .replaceAll(/[#!].*$/gm, '')
    .split(/\bvrrp_instance\b/)
    .slice(1)
  return new Map(
    instances.flatMap((text) => {
      const vrid = /\bvirtual_router_id\s+(\d+)/.exec(text)?.[1]
      const addresses = /\bvirtual_ipaddress\s*\{([^}]*)\}/.exec(text)?.[1] ?? ''
      // `10.0.0.1/24 dev eth0` counts as 10.0.0.1: a heartbeat carries no more.
      const plain = addresses.split('\n').flatMap((line) => line.trim().split(/[\s/]/)[0] || [])
      return vrid === undefined ? [] : [[vrid, plain.sort().join(' ')] as const]
    }),
  )
}
