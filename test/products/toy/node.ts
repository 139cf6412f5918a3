import { constructorOf, type ResourceKind, sh } from 'provision'

/** A node's part in its group. Nodes are known by their folders, which all of them see. */
export interface ToyNode {
  readonly dir: string
  /** The folders of the others. */
  readonly peers: readonly string[]
  /** The one that a new node copies; its own: it is the first primary. */
  readonly source: string
}

/** What a node says. */
export interface ToyNodeState {
  /** stopped: it takes no writes and copies from nobody. */
  readonly role: 'primary' | 'replica' | 'stopped'
  readonly source: string | undefined
}

export const NODE_KIND = 'toy-node'

/** Who is who is asked of the nodes: one that is there is left as it is, for only a switchover moves the primary. */
export const toyNodeKind: ResourceKind<ToyNode, ToyNodeState> = {
  kind: NODE_KIND,
  key: () => 'node',
  probe: (all) => sh`
    for dir in ${all.map(({ dir }) => dir)}; do
      if [ -r "$dir/role" ]; then printf '@node %s\n' "$(cat "$dir/role")"; fi
    done`,
  parse({ own }) {
    const [, role, source] = /^@node (primary|replica|stopped) ?(\S*)$/m.exec(own) ?? []
    if (role !== 'primary' && role !== 'replica' && role !== 'stopped') return new Map([['node', 'absent']])
    return new Map([['node', { role, source: source || undefined }]])
  },
  diff(desired, actual) {
    if (actual !== 'absent') return undefined
    return { action: 'create', desired, actual, fields: [{ field: 'source', to: desired.source }] }
  },
  apply: ([change]) => {
    const { dir = '', source = '' } = change?.desired ?? {}
    return sh`
      mkdir -p ${dir}
      : >>${`${dir}/log`}
      printf '%s\n' ${source === dir ? 'primary' : `replica ${source}`} >${`${dir}/role`}
    `
  },
  isPrimary: ({ role }) => role === 'primary',
  replanBeforeApply: true,
}

export const toyNode = constructorOf(toyNodeKind)
