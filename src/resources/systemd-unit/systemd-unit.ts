import type { Answers } from '../../observe/question.ts'
import { configChange, wantedConfig } from '../config-file.ts'
import { constructorOf } from '../constructor.ts'
import type { Change, ResourceKind } from '../resource.ts'
import { applyUnits } from './apply.ts'
import { contentOf, isTemplate, pathOf, SYSTEMD_UNIT, type SystemdUnit, type SystemdUnitState } from './model.ts'

export type { SystemdUnit, SystemdUnitState } from './model.ts'

const askable = (all: readonly SystemdUnit[]): string[] => [
  ...new Set(all.map((one) => one.unit).filter((unit) => !isTemplate(unit))),
]

function parse({ files, units }: Answers, all: readonly SystemdUnit[]): Map<string, SystemdUnitState> {
  return new Map(
    all.map((one) => {
      const path = pathOf(one)
      return [path, { file: files.get(path) ?? 'absent', needsReload: units.get(one.unit)?.needsReload ?? false }]
    }),
  )
}

function diff(
  desired: SystemdUnit,
  actual: SystemdUnitState | 'absent',
): Change<SystemdUnit, SystemdUnitState> | undefined {
  const { file, needsReload } = actual === 'absent' ? { file: 'absent' as const, needsReload: false } : actual
  const change = configChange(pathOf(desired), file, contentOf(desired))
  if (!change && !needsReload) return undefined
  const reload = needsReload ? [{ field: 'daemon-reload', from: 'needed', to: 'done' }] : []
  const action = change && desired.state === 'absent' ? 'delete' : file === 'absent' && change ? 'create' : 'update'
  return { action, desired, actual, fields: [...(change?.fields ?? []), ...reload], texts: change?.texts }
}

export const systemdUnitKind: ResourceKind<SystemdUnit, SystemdUnitState> = {
  kind: 'systemd-unit',
  key: pathOf,
  reads: (all) => ({ files: all.map((one) => wantedConfig(pathOf(one), contentOf(one))), units: askable(all) }),
  parse,
  diff,
  affects: (desired, path) => path === pathOf(desired),
  apply: applyUnits,
  batch: true,
  timeout: (changes) => 300 * changes,
}

/**
 * Declares a unit file or a drop-in, and has systemd read it anew when it changes:
 * `systemdUnit({ unit: 'nginx.service', dropIn: 'limits.conf', content: '[Service]\nLimitNOFILE=65536\n' })`.
 * @throws RangeError for names that systemd would not read, and for no content
 */
export const systemdUnit = constructorOf(systemdUnitKind, {
  fields: SYSTEMD_UNIT,
  check(input) {
    const { unit, dropIn } = input
    if (!/^[A-Za-z0-9:_.\\@-]+\.(service|socket|target|timer|mount|automount|path|slice|swap)$/.test(unit)) {
      throw new RangeError(`${JSON.stringify(unit)} is not the full name of a unit`)
    }
    if (dropIn !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\.conf$/.test(dropIn)) {
      throw new RangeError(`drop-in ${JSON.stringify(dropIn)} of ${unit} is not a name ending in .conf`)
    }
    if (input.state !== 'absent' && input.content === undefined) {
      throw new RangeError(`systemd unit ${unit} needs a content`)
    }
  },
})
