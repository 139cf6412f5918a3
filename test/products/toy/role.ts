import { defineRole } from 'provision'
import { toyNode } from './node.ts'
import { toySteps } from './steps.ts'
import { toyVersion } from './version.ts'

/** Where a node keeps all that it has. */
export const folderOf = (net: string, host: string): string => `${net}/${host}/srv/toy`

export default defineRole({
  name: 'toy',
  description: 'A replicated store of the smallest kind.',
  vars: {
    toy_net: { description: 'Where the folders of all hosts are.', type: 'string' },
    toy_version: { description: 'The version that runs.', type: 'string', default: '1' },
  },
  resources: ({ host, vars, group }) => {
    const dir = folderOf(vars.toy_net, host.name)
    const all = group(host.tier).map(({ name }) => folderOf(vars.toy_net, name))
    return [
      toyNode({ dir, peers: all.filter((one) => one !== dir), source: all[0] ?? dir }),
      toyVersion({ dir, version: vars.toy_version }),
    ]
  },
  rollout: ({ host, vars }) => {
    const dir = folderOf(vars.toy_net, host.name)
    const { drain, undrain, gate } = toySteps(dir)
    const version = toyVersion({ dir, version: vars.toy_version })
    return { disruptive: [version], drain: [drain], undrain: [undrain], gates: [gate] }
  },
})
