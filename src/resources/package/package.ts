import { ProvisionError } from '../../errors.ts'
import type { Script } from '../../shell/script.ts'
import { constructorOf } from '../constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../resource.ts'
import { PACKAGE, type Package, type PackageState } from './model.ts'
import { parse, probe } from './probe.ts'
import { aptTransaction } from './transaction.ts'

export type { Package, PackageState } from './model.ts'

const NAME = /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/

/** For what only the lists of tomorrow can tell. */
export const AFTER_UPDATE = 'known after apt update'

/** The state of a package that is unpacked. */
const unpacked = (state: PackageState | 'absent'): PackageState | undefined =>
  state !== 'absent' && (state.status === 'installed' || state.status === 'broken') ? state : undefined

/** `8.0.*` or an exact version. */
const satisfies = (version: string, wanted: string): boolean =>
  wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted

function diff(desired: Package, actual: PackageState | 'absent'): Change<Package, PackageState> | undefined {
  const fields = desired.state === 'absent' ? removal(desired, actual) : [...upkeep(desired, actual)]
  if (fields.length === 0) return undefined
  refuse(desired, actual, fields)
  const action = desired.state === 'absent' ? 'delete' : unpacked(actual) ? 'update' : 'create'
  return { action, desired, actual, fields }
}

/** What apt would refuse, or should not do without being told. */
function refuse(desired: Package, actual: PackageState | 'absent', fields: readonly FieldChange[]): void {
  const { name, hold } = desired
  if (actual === 'absent') return
  const moves = fields.some(({ field }) => field === 'version' || field === 'configuration')
  if (actual.hold && hold === undefined && moves) {
    throw new ProvisionError(`package ${name} is on hold, by hand`, {
      code: 'input',
      hint: `"apt-mark unhold ${name}" on the host, or hold: false at this resource, lets it go on`,
    })
  }
  const { refused = [] } = actual.besides ?? {}
  if (refused.length > 0) {
    throw new ProvisionError(`apt would also remove ${refused.join(', ')}`, {
      code: 'input',
      hint: 'what may go is declared: by the package\'s state absent (base: absent_packages), or by "removes" of what takes its place',
    })
  }
}

/** Names in a note before the rest is only counted. */
const MANY = 30

function notes(_desired: Package, actual: PackageState | 'absent'): string[] {
  const besides = actual === 'absent' ? undefined : actual.besides
  if (!besides) return []
  const listed = (verb: string, names: readonly string[]): string[] => {
    const rest = names.length > MANY ? [`${names.length - MANY} others`] : []
    return names.length === 0 ? [] : [`apt also ${verb} ${[...names.slice(0, MANY), ...rest].join(', ')}`]
  }
  return [
    ...listed('removes', besides.removes),
    ...listed('upgrades', besides.upgrades),
    ...listed('installs', besides.installs),
    ...(besides.problem === undefined ? [] : [`apt finds no way, as its lists are now: ${besides.problem}`]),
  ]
}

const removal = (desired: Package, actual: PackageState | 'absent'): FieldChange[] => {
  const from = unpacked(actual)
  if (from) {
    return [
      { field: 'version', from: from.version },
      ...(desired.purge ? [{ field: 'configuration', from: 'present' }] : []),
    ]
  }
  const left = desired.purge && actual !== 'absent' && actual.status === 'config-files'
  return left ? [{ field: 'configuration', from: 'present' }] : []
}

const upkeep = (desired: Package, actual: PackageState | 'absent'): FieldChange[] => {
  const from = unpacked(actual)
  const to = targetVersion(desired, actual)
  const hold = desired.hold !== undefined && desired.hold !== (from?.hold ?? false)
  return [
    ...(from?.status === 'broken' ? [{ field: 'status', from: 'half installed', to: 'installed' }] : []),
    ...(to === undefined ? [] : [{ field: 'version', from: from?.version, to }]),
    ...(hold ? [{ field: 'hold', from: from ? yesNo(from.hold) : undefined, to: yesNo(desired.hold === true) }] : []),
  ]
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

/** Version that the change leads to, as far as the host's lists tell; undefined: it stays. */
const targetVersion = (desired: Package, actual: PackageState | 'absent'): string | undefined => {
  const state = actual === 'absent' ? undefined : actual
  const installed = unpacked(actual)?.version
  const pin = desired.version
  const newest = desired.state === 'latest'
  // Put on hold by hand: nothing that floats moves it.
  if (newest && installed !== undefined && state?.hold && desired.hold === undefined) return undefined
  if (pin !== undefined) {
    if (newest && installed !== undefined && satisfies(installed, pin)) {
      const best = state?.available.find((version) => satisfies(version, pin))
      return state?.fresh ? (best === installed ? undefined : best) : AFTER_UPDATE
    }
    if (installed !== undefined && satisfies(installed, pin)) return undefined
    return state?.available.find((version) => satisfies(version, pin)) ?? `${pin} (${AFTER_UPDATE})`
  }
  if (installed === undefined) return state?.candidate ?? AFTER_UPDATE
  if (!newest) return undefined
  if (!state?.fresh) return AFTER_UPDATE
  return state.candidate === installed ? undefined : state.candidate
}

function apply(changes: readonly Change<Package, PackageState>[]): Script {
  const gone = changes.map((change) => change.desired).filter((one) => one.state === 'absent')
  const kept = changes.filter((change) => change.desired.state !== 'absent')
  const having = (field: string) => kept.filter((change) => change.fields.some((one) => one.field === field))
  const names = (all: readonly Package[]) => all.map((one) => one.name)
  const desired = kept.map((change) => change.desired)
  return aptTransaction({
    install: having('version').map((change) => change.desired),
    repair: names(having('status').map((change) => change.desired)),
    remove: names(gone),
    purge: names(gone.filter((one) => one.purge)),
    mayGo: [...new Set(changes.flatMap(({ desired: { removes = [] }, actual }) => [...removes, ...mayGo(actual)]))],
    hold: names(desired.filter((one) => one.hold === true)),
    unhold: names(changes.map((change) => change.desired).filter((one) => one.hold === false)),
    update: kept.some((change) => change.fields.some((one) => one.to?.includes(AFTER_UPDATE))),
  })
}

/** What is declared absent beside the changes. */
const mayGo = (actual: PackageState | 'absent'): readonly string[] => (actual === 'absent' ? [] : (actual.mayGo ?? []))

export const packageKind: ResourceKind<Package, PackageState> = {
  kind: 'package',
  key: (desired) => desired.name,
  probe,
  parse: ({ own }, all) => parse(own, all),
  diff,
  notes,
  apply,
  // Not how old apt's lists are, which is another thing tomorrow, nor versions in them that nobody asked for.
  basis: ({ actual, fields }) =>
    fields.some(({ to }) => to?.includes(AFTER_UPDATE))
      ? undefined
      : [fields, actual === 'absent' ? actual : [actual.status, actual.hold, actual.besides, actual.mayGo]],
  // Within what is declared: a pattern (`8.0.*`) takes the best that fits, an exact version stays.
  upgraded: (desired) =>
    desired.state === 'absent' || (desired.version !== undefined && !desired.version.endsWith('*'))
      ? desired
      : { ...desired, state: 'latest' },
  batch: true,
  // Waiting for another apt's lock takes up to 300 s of it.
  timeout: 1800,
}

/**
 * Declares a package: `pkg({ name: 'nginx' })`, `pkg({ name: 'mysql-server', version: '8.0.*', hold: true })`.
 * @throws RangeError for a name that no package can have, and for `absent` with a version or a hold
 */
export const pkg = constructorOf(packageKind, {
  fields: PACKAGE,
  check(input) {
    if (!NAME.test(input.name)) throw new RangeError(`${JSON.stringify(input.name)} is not the name of a package`)
    if (input.state !== undefined && input.state !== 'present' && input.version !== undefined) {
      throw new RangeError(`package ${input.name}: a version and the state ${input.state} exclude each other`)
    }
    if (input.state === 'absent' && input.hold) throw new RangeError(`package ${input.name}: absent can't be held`)
    if (input.version !== undefined && !/^[A-Za-z0-9.+:~-]+\*?$/.test(input.version)) {
      throw new RangeError(`package ${input.name}: ${JSON.stringify(input.version)} is not a version`)
    }
  },
})
