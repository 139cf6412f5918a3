import { overlap, parseNet } from './address.ts'
import { chainOf } from './order.ts'
import { rangesOf } from './ports.ts'
import type { Tuple } from './tuple.ts'

/** The connection that the tool is on, as sshd tells it in $SSH_CONNECTION, seen from the host. */
export interface SshConnection {
  readonly client: string
  readonly server: string
  readonly port: number
  /** Interface that has the server's address; empty when there is none (a forwarded port). */
  readonly iface: string
}

export type Policy = 'allow' | 'deny' | 'reject'

/**
 * What a new connection like this one would meet: the first rule that matches it decides, else the policy. A rule
 * for an interface that isn't known counts when it denies and not when it allows.
 * @param rules of both families, in order
 */
export function verdict(
  rules: readonly Tuple[],
  policy: Policy,
  ssh: SshConnection,
): { readonly action: Tuple['action']; readonly by?: Tuple } {
  const rule = rules.find((tuple) => covers(tuple, ssh))
  return rule ? { action: rule.action, by: rule } : { action: policy }
}

/** Would a new connection like this one get in? Loopback always does: ufw's before.rules let it. */
export function coversConnection(rules: readonly Tuple[], ssh: SshConnection, policy: Policy = 'deny'): boolean {
  const { action } = verdict(rules, policy, ssh)
  return ssh.iface === 'lo' || action === 'allow' || action === 'limit'
}

/** Does this one rule match the connection? */
export function covers(tuple: Tuple, ssh: SshConnection): boolean {
  const denies = tuple.action === 'deny' || tuple.action === 'reject'
  return (
    chainOf(tuple) === 'input' &&
    (tuple.proto === 'tcp' || tuple.proto === 'any') &&
    rangesOf(tuple.dport).some(([low, high]) => low <= ssh.port && ssh.port <= high) &&
    // The client's port is another one next time.
    (tuple.sport === 'any' || denies) &&
    has(tuple.src, ssh.client) &&
    has(tuple.dst, ssh.server) &&
    (tuple.inIface === '' || (ssh.iface === '' ? denies : isIface(tuple.inIface, ssh.iface)))
  )
}

const has = (network: string, address: string): boolean => {
  const net = parseNet(network)
  const host = parseNet(address)
  return net !== undefined && host !== undefined && overlap(net, host)
}

const isIface = (pattern: string, name: string): boolean =>
  pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
