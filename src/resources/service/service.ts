import { ProvisionError } from '../../errors.ts'
import type { Answers } from '../../observe/question.ts'
import type { UnitState } from '../../observe/units.ts'
import { type Script, sh } from '../../shell/script.ts'
import { constructorOf } from '../constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../resource.ts'
import { applyServices } from './apply.ts'
import { ENDS, SERVICE, type Service, type ServiceState, unitName } from './model.ts'

export type { Service, ServiceState } from './model.ts'

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

export const serviceKind: ResourceKind<Service, ServiceState> = {
  kind: 'service',
  key: (desired) => unitName(desired.name),
  reads: (all) => ({ units: unitsOf(all) }),
  probe,
  parse,
  diff,
  apply: applyServices,
  batch: true,
  // As many starts as there are units, each as long as systemd lets it.
  timeout: (changes) => 300 * changes,
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
