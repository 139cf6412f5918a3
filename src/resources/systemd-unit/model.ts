import type { Text } from '../../masking/secret.ts'
import type { FileState } from '../../observe/files.ts'
import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'

/** A unit file in /etc/systemd/system, or a drop-in of a unit that need not be ours. */
export const SYSTEMD_UNIT = {
  unit: { description: 'With its suffix: `app.service`, `app@.service`.', type: 'string' },
  dropIn: {
    description: 'Name of the drop-in: `UNIT.d/NAME`, ending in `.conf`. Not set: the unit file itself.',
    type: 'string',
    given: true,
  },
  content: {
    description: 'Needed unless absent. World-readable: secrets belong into an EnvironmentFile or a credential.',
    is: 'text',
    given: true,
  },
  state: {
    description: 'absent: a unit that has no other file is stopped and disabled first.',
    enum: ['present', 'absent'],
    default: 'present',
  },
  verify: {
    description:
      "false: systemd-analyze does not check it first, e.g. for keys that are newer than the host's systemd.",
    type: 'boolean',
    default: true,
  },
} as const satisfies FieldSchemas

export type SystemdUnit = FieldsOf<typeof SYSTEMD_UNIT>

export interface SystemdUnitState {
  readonly file: FileState
  /** systemd has an older file in memory: an earlier run, or a hand, changed it and did not reload. */
  readonly needsReload: boolean
}

export const DIR = '/etc/systemd/system'

export function pathOf({ unit, dropIn }: SystemdUnit): string {
  return dropIn === undefined ? `${DIR}/${unit}` : `${DIR}/${unit}.d/${dropIn}`
}

export const contentOf = (desired: SystemdUnit): Text | undefined =>
  desired.state === 'absent' ? undefined : (desired.content ?? '')

/** A template has no state of its own that systemd could tell. */
export const isTemplate = (unit: string): boolean => /@\.[a-z]+$/.test(unit)
