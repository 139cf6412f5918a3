import type { Previous } from '../resource.ts'
import type { Release, ReleaseState } from './model.ts'

/**
 * The release to go back to: nothing is sent, nothing migrated, the tree is there. Without a version it is the last one
 * that proved healthy before the present one. A host that does not run what is declared has nothing to take back: its
 * last deployment failed and was put back, or never got there.
 */
export function previous(desired: Release, actual: ReleaseState | 'absent', to: string | undefined): Previous<Release> {
  const { name, version, artifact } = desired
  if (actual === 'absent') return { refused: `there is no release of ${name} on it` }
  const { current, previous, installed } = actual
  const there = `on it: ${installed.length === 0 ? 'none' : installed.toSorted().join(', ')}`
  if (to !== undefined && !installed.includes(to)) return { refused: `release ${to} of ${name} is not ${there}` }
  const target = to ?? previous
  if (target === undefined) {
    return {
      refused: `${name} has no release before ${current ?? 'the declared one'} that ever served`,
      hint: `${there}; deploy one by its version, or leave the host out with --limit`,
    }
  }
  if (to === undefined && current !== version && previous !== version) {
    return {
      refused: `${name} runs ${current ?? 'nothing'} and not the declared ${version}: there is nothing to take back`,
      hint: `say where to, with --to VERSION; ${there}`,
    }
  }
  return {
    desired: { ...desired, version: target, artifact: undefined, migrate: undefined },
    from: current ?? 'none',
    to: target,
    declared: version,
    sources: [version, ...(artifact === undefined ? [] : [artifact.path, artifact.sha256])],
  }
}
