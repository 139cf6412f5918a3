import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'

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

/** Of a unit that shall be started and can not stay so. */
export const ENDS = 'is a oneshot: it is inactive again when its work is done, so that it is never found started'
