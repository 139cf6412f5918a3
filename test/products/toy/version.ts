import { constructorOf, type ResourceKind, sh } from 'provision'

/** The program that a node runs. */
export interface ToyVersion {
  readonly dir: string
  readonly version: string
}

const toyVersionKind: ResourceKind<ToyVersion, { readonly version: string }> = {
  kind: 'toy-version',
  key: () => 'toy',
  probe: (all) => sh`for dir in ${all.map(({ dir }) => dir)}; do cat "$dir/version" 2>/dev/null || :; done`,
  parse: ({ own }) => new Map([['toy', own.trim() === '' ? 'absent' : { version: own.trim() }]]),
  diff(desired, actual) {
    const from = actual === 'absent' ? undefined : actual.version
    if (from === desired.version) return undefined
    const fields = [{ field: 'version', from, to: desired.version }]
    return { action: from === undefined ? 'create' : 'update', desired, actual, fields }
  },
  // It restarts the node. A primary that is restarted loses writes, so the journal has what it was then.
  apply: ([change]) => {
    const { dir = '', version = '' } = change?.desired ?? {}
    return sh`
      cd ${dir}
      printf '%s\n' ${version} >version
      read -r role _ <role
      echo "restarted as $role" >>journal
    `
  },
}

export const toyVersion = constructorOf(toyVersionKind)
