import { ProvisionError } from '../errors.ts'
import type { Answers } from '../observe/question.ts'
import type { UnitState } from '../observe/units.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import { constructorOf } from './constructor.ts'
import type { Change, FieldChange, ResourceKind } from './resource.ts'

/** A systemd unit's state: whether it starts at boot and whether it runs now. What is undefined is left as it is. */
export const SERVICE = {
  name: {
    description:
      'Unit name; without a suffix, `.service`. Instances (`app@1`) yes, templates (`app@`) no: they have no state.',
    type: 'string',
  },
  enabled: {
    description:
      'Starts at boot. Static and generated units can not be enabled or disabled and count as they should be. Not set: as it is.',
    type: 'boolean',
    optional: true,
  },
  state: { description: 'Not set: as it is.', enum: ['started', 'stopped'], optional: true },
  masked: {
    description:
      'Can not be started by anybody. A running unit goes on running unless `state` is `stopped` as well. Not set: as it is, and a masked unit that shall be enabled or started is refused. false: it is unmasked.',
    type: 'boolean',
    optional: true,
  },
  hint: {
    description: 'What a person can do where the unit is masked, e.g. the var that leaves it alone.',
    type: 'string',
    optional: true,
  },
} as const satisfies FieldSchemas

export type Service = FieldsOf<typeof SERVICE>

/** As `systemctl show` has it. */
export interface ServiceState {
  readonly active: string
  readonly sub: string
  /** UnitFileState; empty for a unit that has no file. */
  readonly file: string
  readonly masked: boolean
  /** Masked because its package was removed: it is unmasked with the package. */
  readonly awaitsPackage?: boolean
  /** A oneshot that is inactive when its work is done. */
  readonly ends?: boolean
  /** A unit file changed on disk since systemd read it. */
  readonly needsReload: boolean
}

/** `nginx` → `nginx.service`. */
export function unitName(name: string): string {
  return /\.(service|socket|target|timer|mount|automount|path|slice|swap|device|scope)$/.test(name)
    ? name
    : `${name}.service`
}

const unitsOf = (all: readonly Service[]): string[] => all.map((one) => unitName(one.name))

/** Where the maintainer scripts of packages note which units they masked at their removal. */
const MASKED_BY_PACKAGES = '/var/lib/systemd/deb-systemd-helper-masked'

const probe = (all: readonly Service[]): Script => sh`
  if [ -d ${MASKED_BY_PACKAGES} ]; then
    for unit in ${unitsOf(all)}; do
      if [ -e ${`${MASKED_BY_PACKAGES}/`}"$unit" ]; then echo "@awaits-package $unit"; fi
    done
  fi
`

function parse({ units, own }: Answers, all: readonly Service[]): Map<string, ServiceState | 'absent'> {
  const awaiting = new Set([...own.matchAll(/^@awaits-package (\S+)$/gm)].map(([, unit]) => unit))
  return new Map(
    all.map(({ name }) => {
      const unit = unitName(name)
      const state = stateOf(units.get(unit))
      return [
        unit,
        state !== 'absent' && state.masked && awaiting.has(unit) ? { ...state, awaitsPackage: true } : state,
      ]
    }),
  )
}

function stateOf(unit: UnitState | undefined): ServiceState | 'absent' {
  if (unit === undefined || (unit.load === 'not-found' && unit.active === 'inactive')) return 'absent'
  const { load, active, sub, file, needsReload, type, remainsAfterExit } = unit
  return {
    ...(type === 'oneshot' && remainsAfterExit === false ? { ends: true } : {}),
    ...{ active, sub, file, needsReload },
    masked: load === 'masked' || file.startsWith('masked'),
  }
}

/** linked: found by systemd, but wanted by nothing. *-runtime: gone after a boot. */
const OFF = ['disabled', 'enabled-runtime', 'linked', 'linked-runtime', 'masked', 'masked-runtime', 'bad', '']
const ON = ['enabled', 'enabled-runtime', 'alias']

/** activating is not started: it may be the pause between two crashes. */
const RUNNING = ['active', 'reloading', 'refreshing']
const RESTING = ['inactive', 'failed', 'maintenance']

function diff(desired: Service, actual: ServiceState | 'absent'): Change<Service, ServiceState> | undefined {
  if (actual !== 'absent') refuse(desired, actual)
  const fields = actual === 'absent' ? beginning(desired) : difference(desired, actual)
  return fields.length === 0
    ? undefined
    : { action: actual === 'absent' ? 'create' : 'update', desired, actual, fields }
}

const ENDS = 'is a oneshot: it is inactive again when its work is done, so that it is never found started'

function refuse({ name, enabled, state, masked, hint }: Service, actual: ServiceState): void {
  const unit = unitName(name)
  const wanted = enabled ? 'enabled' : state === 'started' ? 'started' : undefined
  if (wanted && actual.masked && !actual.awaitsPackage && masked === undefined) {
    throw new ProvisionError(`${unit} is masked, so that it can't be ${wanted}`, {
      code: 'input',
      hint: hint ?? `"systemctl unmask ${unit}" on the host frees it, as masked: false at this resource does`,
    })
  }
  if (state === 'started' && actual.ends) {
    throw new ProvisionError(`${unit} ${ENDS}`, {
      code: 'input',
      hint: 'declare the timer that starts it, or enabled: true for each boot; a command runs it once; RemainAfterExit=yes in the unit keeps it active',
    })
  }
}

/** For a unit that is not there yet, being stopped, disabled or not masked is no change. */
const beginning = (desired: Service): FieldChange[] => [
  ...(desired.masked ? [{ field: 'masked', to: 'yes' }] : []),
  ...(desired.enabled ? [{ field: 'enabled', to: 'yes' }] : []),
  ...(desired.state === 'started' ? [{ field: 'state', to: 'started' }] : []),
]

const difference = ({ enabled, state, masked }: Service, actual: ServiceState): FieldChange[] => {
  const shown = actual.sub === actual.active ? actual.active : `${actual.active} (${actual.sub})`
  const wrongFile = enabled === true ? OFF.includes(actual.file) : enabled === false && ON.includes(actual.file)
  const wrongState =
    state === 'started' ? !RUNNING.includes(actual.active) : state === 'stopped' && !RESTING.includes(actual.active)
  return [
    ...(actual.needsReload ? [{ field: 'daemon-reload', from: 'needed', to: 'done' }] : []),
    ...(masked !== undefined && masked !== actual.masked
      ? [{ field: 'masked', from: actual.masked ? 'yes' : 'no', to: masked ? 'yes' : 'no' }]
      : []),
    ...(wrongFile ? [{ field: 'enabled', from: actual.file || 'no', to: enabled ? 'yes' : 'no' }] : []),
    ...(wrongState && state ? [{ field: 'state', from: shown, to: state }] : []),
  ]
}

/** What is declared, whatever the plan saw: the unit may have come, or changed, since. Each step is a no-op when done. */
function apply(changes: readonly Change<Service, ServiceState>[]): Script {
  return joinScripts([TOOLS, ...changes.map(({ desired }) => applyOne(desired))])
}

const applyOne = ({ name, enabled, state, masked }: Service): Script =>
  joinScripts([
    sh`unit=${unitName(name)}`,
    rawScript('if [ "$(get NeedDaemonReload)" = yes ]; then systemctl daemon-reload; fi'),
    // Unmasked before it can be enabled; stopped before it is masked.
    ...(masked === false ? [rawScript('systemctl unmask -- "$unit"')] : []),
    // A package enables its unit itself, mostly; to say so again has systemd read all of its units anew.
    ...(enabled === true
      ? [rawScript('[ "$(systemctl is-enabled -- "$unit" 2>&1)" = enabled ] || systemctl enable -- "$unit"')]
      : []),
    ...(enabled === false ? [rawScript('systemctl disable -- "$unit"')] : []),
    ...(state === 'started' ? [rawScript('start')] : []),
    ...(state === 'stopped' ? [rawScript('stop')] : []),
    ...(masked === true ? [rawScript('systemctl mask -- "$unit"')] : []),
  ])

/**
 * `systemctl start` reports success for a simple service as soon as it has forked. Started means: still active a
 * second later in the same invocation (one that crashed and was started anew has another InvocationID).
 */
const TOOLS = rawScript(
  [
    'get() { systemctl show -p "$1" --value -- "$unit"; }',
    'explain() {',
    '  printf "provision: %s %s\\n" "$unit" "$1"',
    '  systemctl status --no-pager --full --lines=0 -- "$unit" || true',
    '  journalctl --no-pager --quiet --lines=20 -u "$unit" || true',
    '  exit 1',
    '}',
    'start() {',
    // A unit that failed too often refuses until it is forgiven.
    `  if [ "$(get Type),$(get RemainAfterExit)" = oneshot,no ]; then`,
    `    echo "provision: $unit ${ENDS}"; exit 1`,
    '  fi',
    '  if [ "$(get ActiveState)" = failed ]; then systemctl reset-failed -- "$unit"; fi',
    '  systemctl start -- "$unit" || explain "did not start"',
    '  before=$(get InvocationID)',
    '  sleep 1',
    '  case $(get ActiveState) in active | reloading | refreshing) ;; *) explain "did not stay up" ;; esac',
    '  [ "$(get InvocationID)" = "$before" ] || explain "crashed right after its start"',
    '}',
    'stop() {',
    '  if [ "$(get LoadState)" = not-found ]; then return; fi',
    '  systemctl stop -- "$unit" || explain "did not stop"',
    '  case $(get ActiveState) in inactive | failed) ;; *) explain "did not stay stopped" ;; esac',
    '}',
  ].join('\n'),
)

export const serviceKind: ResourceKind<Service, ServiceState> = {
  kind: 'service',
  key: (desired) => unitName(desired.name),
  reads: (all) => ({ units: unitsOf(all) }),
  probe,
  parse,
  diff,
  apply,
}

/**
 * Declares a unit's state: `service({ name: 'nginx', enabled: true, state: 'started' })`.
 * @throws RangeError for a name that no unit can have, and for masked units that shall start
 */
export const service = constructorOf(serviceKind, {
  fields: SERVICE,
  check(input) {
    if (!/^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?$/.test(input.name) || /@\.[a-z]+$/.test(input.name)) {
      throw new RangeError(`${JSON.stringify(input.name)} is not the name of a unit that can run`)
    }
    if (input.masked && (input.enabled || input.state === 'started')) {
      throw new RangeError(`service ${input.name}: a masked unit can be neither enabled nor started`)
    }
  },
})
