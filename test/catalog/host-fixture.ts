import type { Host, Vars } from '../../src/inventory/inventory.ts'

/** A host that is reached by nothing, for what needs one. */
export const hostNamed = (name: string, vars: Vars = {}, origins: Host['origins'] = new Map()): Host => ({
  name,
  tier: 't',
  groups: [],
  address: 'a',
  connection: {
    transport: 'ssh',
    user: 'root',
    port: 22,
    knownHosts: '/k',
    hostKeyChecking: 'strict',
    become: 'none',
    connectTimeout: 10,
  },
  vars,
  origins,
  levels: [],
  origin: { file: 'f', line: 1, col: 1 },
})
