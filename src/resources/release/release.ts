import { ProvisionError } from '../../errors.ts'
import { constructorOf } from '../constructor.ts'
import { absolutePath } from '../content.ts'
import type { Change, FieldChange, ResourceKind } from '../resource.ts'
import { applyRelease } from './apply.ts'
import { previous } from './earlier.ts'
import { RELEASE, type Release, type ReleaseState } from './model.ts'
import { parseReleases, probeReleases } from './probe.ts'

/** Seconds for all of it: bytes over a slow link, migrations, a stop and a start, and the same again on the way back. */
const TIMEOUT = 1200

/**
 * The running version of a program: unpacked beside the others, switched to by one rename, restarted and asked whether
 * it serves; when it does not, the former one is put back and the change fails.
 */
export const releaseKind: ResourceKind<Release, ReleaseState> = {
  kind: 'release',
  key: (desired) => desired.name,
  probe: probeReleases,
  parse: ({ own }, all) => parseReleases(own, all),
  diff(desired, actual) {
    if (actual !== 'absent') refuseElsewhere(desired, actual)
    const fields = fieldsOf(desired, actual === 'absent' ? NOTHING : actual)
    if (fields.length === 0) return undefined
    const action = actual === 'absent' ? 'create' : 'update'
    const { artifact } = desired
    const sent = artifact !== undefined && (actual === 'absent' || actual.sha256 !== artifact.sha256)
    return { action, desired, actual, fields, ...(sent && { artifacts: [artifact] }) }
  },
  artifacts: ({ artifact }) => (artifact === undefined ? [] : [artifact]),
  previous,
  apply: (changes: readonly Change<Release, ReleaseState>[], write) => applyRelease(changes, write),
  timeout: TIMEOUT,
}

const NOTHING: ReleaseState = {
  current: undefined,
  previous: undefined,
  proven: false,
  installed: [],
  sha256: undefined,
  live: undefined,
  migrated: false,
}

/**
 * What was written to `shared` would stay behind, and an account can't be changed while its process runs.
 * @throws ProvisionError when the service runs a release of another folder
 */
function refuseElsewhere({ name, dir }: Release, { live, current }: ReleaseState): void {
  const old = current === undefined ? /^(\/.+)\/releases\/[^/]+/.exec(live ?? '')?.[1] : undefined
  if (old === undefined) return
  throw new ProvisionError(`${name} runs a release of ${old}, and is declared to be in ${dir}`, {
    code: 'input',
    hint: `move it by hand, then run again: systemctl stop ${name}, mv ${old} ${dir}, ln -s ${dir} ${old}`,
  })
}

/** A unit that does not run is the service's matter: started, it runs what the link names. */
function fieldsOf(desired: Release, actual: ReleaseState): FieldChange[] {
  const { version, artifact, migrate } = desired
  const switched = actual.current !== version
  const fields: FieldChange[] = []
  if (switched) fields.push({ field: 'version', from: actual.current, to: version })
  if (artifact !== undefined && actual.sha256 !== artifact.sha256) {
    fields.push({ field: 'artifact', from: actual.sha256?.slice(0, 12), to: artifact.sha256.slice(0, 12) })
  }
  if (actual.live !== undefined && actual.live !== version) {
    fields.push({ field: 'running', from: actual.live, to: version })
  }
  if (!switched && !actual.proven) fields.push({ field: 'health', from: 'not proven', to: 'proven' })
  if (migrate !== undefined && !actual.migrated) fields.push({ field: 'migrations', to: 'will run' })
  return fields
}

/**
 * Declares the version that a service runs:
 * `release({ name: 'shop', dir: '/srv/shop', version: '2', artifact: { path, sha256 }, shared: [], keep: 5, health })`.
 * @throws RangeError for what can't be: a version that is no name, a sum that is none, a shared path that leads out
 */
export const release = constructorOf(releaseKind, {
  fields: RELEASE,
  check(input) {
    absolutePath(input.dir)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(input.version) || input.version.endsWith('.tmp')) {
      throw new RangeError(`release ${input.name}: ${JSON.stringify(input.version)} is no version`)
    }
    if (input.artifact !== undefined && !/^[0-9a-f]{64}$/.test(input.artifact.sha256)) {
      throw new RangeError(`release ${input.name}: the artifact's sha256 is not 64 hex digits`)
    }
    const outside = input.shared.find((path) => path.split('/').some((part) => ['', '.', '..'].includes(part)))
    if (outside !== undefined) {
      throw new RangeError(`release ${input.name}: shared path ${JSON.stringify(outside)} is not inside the release`)
    }
    if (input.keep < 2)
      throw new RangeError(`release ${input.name}: the current and the previous one stay: keep 2 or more`)
  },
})
