import type { ConnectionSettings, Host } from '../../src/inventory/inventory.ts'

/** A host that strict checking and sudo without a password apply to, unless told otherwise. */
export function aHost(settings: Partial<ConnectionSettings> = {}, address = '192.0.2.7'): Host {
  return {
    name: 'web1',
    tier: 'web',
    groups: [],
    address,
    vars: {},
    origins: new Map(),
    levels: [],
    origin: { file: 'hosts.yml', line: 3, col: 7 },
    connection: {
      transport: 'ssh',
      user: 'deploy',
      port: 22,
      knownHosts: '/nonexistent/known_hosts',
      hostKeyChecking: 'strict',
      become: 'sudo',
      connectTimeout: 5,
      ...settings,
    },
  }
}
