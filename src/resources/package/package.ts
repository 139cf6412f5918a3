import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { rawScript, type Script, sh } from '../../shell/script.ts'
import { type Change, constructorOf, type FieldChange, type ResourceKind } from '../resource.ts'
import { aptTransaction } from './transaction.ts'

/**
 * A Debian package, by apt. Recommended packages are not installed: a host has what is declared and what that needs.
 * What a transaction would remove besides is refused, unless apt itself had brought it in.
 */
export const PACKAGE = {
  name: {
    description: "Real package, not a virtual one; `libc6:i386` for another architecture than the host's.",
    type: 'string',
  },
  state: {
    description:
      'present: any version. latest: the candidate of lists that are at most a day old; a package that was put on hold by hand stays.',
    enum: ['present', 'absent', 'latest'],
    default: 'present',
  },
  version: {
    description: 'Pinned: exactly this version, up or down; `8.0.*` takes the best that begins so.',
    type: 'string',
    optional: true,
  },
  hold: {
    description: 'Keep it from being upgraded by others (apt-mark hold). Not set: as it is.',
    type: 'boolean',
    optional: true,
  },
  purge: { description: 'With `absent`: its configuration files go too.', type: 'boolean', default: false },
} as const satisfies FieldSchemas

export type Package = FieldsOf<typeof PACKAGE>

export interface PackageState {
  /** dpkg's second status letter says what is unpacked: configured, half done, or only configuration files. */
  readonly status: 'installed' | 'broken' | 'config-files' | 'none'
  /** Empty when not installed. */
  readonly version: string
  readonly hold: boolean
  /** What apt would install; undefined: not asked for, or not in the lists. */
  readonly candidate?: string | undefined
  /** All versions in the lists, best first. */
  readonly available: readonly string[]
  /** The lists are there and at most a day old; false also where nothing had to be looked up in them. */
  readonly fresh: boolean
}

const NAME = /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/

/** For what only the lists of tomorrow can tell. */
export const AFTER_UPDATE = 'known after apt update'

/** The state of a package that is unpacked. */
const unpacked = (state: PackageState | 'absent'): PackageState | undefined =>
  state !== 'absent' && (state.status === 'installed' || state.status === 'broken') ? state : undefined

/** `8.0.*` or an exact version. */
const satisfies = (version: string, wanted: string): boolean =>
  wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted

/**
 * dpkg-query once for all. apt-cache costs about a second where its cache is cold: it is asked only about packages
 * that are missing, float (`latest`) or are not at their pin; so is the age of its lists.
 */
function probe(all: readonly Package[]): Script {
  const wants = all.filter((one) => one.state !== 'absent').flatMap((one) => [one.name, rule(one)])
  return sh`
    have=$(dpkg-query -W -f=${FORMAT} ${all.map((one) => one.name)} 2>/dev/null) || [ $? = 1 ] || exit 2
    native=; read -r native 2>/dev/null </var/lib/dpkg/arch-native || native=$(dpkg --print-architecture) || exit 2
    printf 'native\t%s\n%s\n' "$native" "$have"
    ask=$({ printf '%s\n' "$have"; printf 'want\t%s\t%s\n' ${wants}; } | ${ASK})
    lists=stale
    set -- /var/lib/apt/lists/*Packages*
    if [ -z "$ask" ]; then lists=unasked
    elif [ ! -e "$1" ]; then lists=absent
    elif [ -n "$(find /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp -maxdepth 0 -mmin -1440 2>/dev/null)" ]; then lists=fresh; fi
    printf 'lists\t%s\n' "$lists"
    [ -z "$ask" ] || apt-cache policy $ask 2>/dev/null
  `
}

/** dpkg-query writes the tabs itself. */
const FORMAT = 'have\\t${Package}\\t${Architecture}\\t${db:Status-Abbrev}\\t${Version}\\n'

const rule = (one: Package): string =>
  one.version === undefined || one.state === 'latest' ? (one.state ?? 'present') : `=${one.version}`

/** Of the `want` lines, the names that `have` doesn't satisfy already. Names hold no blanks: NAME. */
const ASK = rawScript(
  [
    `awk -F'\\t' -v native="$native" '`,
    '$1 == "have" && $4 ~ /^.[^nc]/ { v[$2 ":" $3] = $5; if ($3 == native || $3 == "all") v[$2] = v[$2 ":" native] = $5 }',
    'function at(got, pin) { return pin ~ /[*]$/ ? index(got, substr(pin, 1, length(pin) - 1)) == 1 : got == pin }',
    '$1 == "want" && NF > 2 && (!($2 in v) || $3 == "latest" || $3 ~ /^=/ && !at(v[$2], substr($3, 2))) { print $2 }',
    "'",
  ].join('\n'),
)

function parse(answer: string, all: readonly Package[]): Map<string, PackageState> {
  const lines = answer.split('\n')
  const rows = lines.map((line) => line.split('\t'))
  const native = rows.find((row) => row[0] === 'native')?.[1]
  const lists = rows.find((row) => row[0] === 'lists')?.[1]
  if (!native || !lists) throw new Error('the answer about packages is cut short')
  const dpkg = new Map<string, { abbrev: string; version: string }>()
  for (const [tag, name, arch, abbrev, version] of rows) {
    // A name that dpkg only heard of (virtual, or once depended on) has no architecture.
    if (tag !== 'have' || !name || !arch || abbrev === undefined) continue
    const entry = { abbrev, version: version ?? '' }
    const own = arch === native || arch === 'all'
    for (const key of own ? [name, `${name}:${native}`, `${name}:${arch}`] : [`${name}:${arch}`]) dpkg.set(key, entry)
  }
  const policy = parsePolicy(lines, native)
  return new Map(
    all.map(({ name }) => {
      const entry = dpkg.get(name)
      const status = statusOf(entry?.abbrev)
      const { candidate, available } = policy.get(name) ?? { candidate: undefined, available: [] }
      const version = status === 'installed' || status === 'broken' ? (entry?.version ?? '') : ''
      return [name, { status, version, hold: entry?.abbrev[0] === 'h', candidate, available, fresh: lists === 'fresh' }]
    }),
  )
}

/** Letters of dpkg-query(1): want, status, and R where it must be installed again. */
const statusOf = (abbrev: string | undefined): PackageState['status'] => {
  if (abbrev === undefined || abbrev[1] === 'n') return 'none'
  if (abbrev[1] === 'c') return 'config-files'
  return abbrev[1] === 'i' && abbrev[2] !== 'R' ? 'installed' : 'broken'
}

interface Policy {
  candidate: string | undefined
  readonly available: string[]
}

/** `apt-cache policy` prints nothing for a name that it does not know, and `(none)` for a virtual one. */
const parsePolicy = (lines: readonly string[], native: string): Map<string, Policy> => {
  const found = new Map<string, Policy>()
  let current: Policy | undefined
  for (const line of lines) {
    const name = /^([^\s\t]+):$/.exec(line)?.[1]
    if (name !== undefined) {
      current = { candidate: undefined, available: [] }
      for (const key of [name, `${name}:${native}`]) found.set(key, current)
    }
    const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1]
    if (current && candidate !== undefined && candidate !== '(none)') current.candidate = candidate
    const version = /^ (?:\*\*\*| {3}) (\S+) -?\d+$/.exec(line)?.[1]
    if (version !== undefined) current?.available.push(version)
  }
  return found
}

function diff(desired: Package, actual: PackageState | 'absent'): Change<Package, PackageState> | undefined {
  const fields = desired.state === 'absent' ? removal(desired, actual) : [...upkeep(desired, actual)]
  if (fields.length === 0) return undefined
  const action = desired.state === 'absent' ? 'delete' : unpacked(actual) ? 'update' : 'create'
  return { action, desired, actual, fields }
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
  if (pin !== undefined) {
    if (newest && installed !== undefined && satisfies(installed, pin)) {
      const best = state?.available.find((version) => satisfies(version, pin))
      return state?.fresh ? (best === installed ? undefined : best) : AFTER_UPDATE
    }
    if (installed !== undefined && satisfies(installed, pin)) return undefined
    return state?.available.find((version) => satisfies(version, pin)) ?? `${pin} (${AFTER_UPDATE})`
  }
  if (installed === undefined) return state?.candidate ?? AFTER_UPDATE
  if (!newest || (state?.hold && desired.hold === undefined)) return undefined
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
    hold: names(desired.filter((one) => one.hold === true)),
    unhold: names(changes.map((change) => change.desired).filter((one) => one.hold === false)),
    update: kept.some((change) => change.fields.some((one) => one.to?.includes(AFTER_UPDATE))),
  })
}

export const packageKind: ResourceKind<Package, PackageState> = {
  kind: 'package',
  key: (desired) => desired.name,
  probe,
  parse,
  diff,
  apply,
  // Within what is declared: a pattern (`8.0.*`) takes the best that fits, an exact version stays.
  upgraded: (desired) =>
    desired.state === 'absent' || (desired.version !== undefined && !desired.version.endsWith('*'))
      ? desired
      : { ...desired, state: 'latest' },
  together: true,
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
