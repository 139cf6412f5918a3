import type { UnitState } from '../../src/observe/units.ts'
import type { Action, FieldChange, ResourceKind } from '../../src/resources/resource.ts'
import type { Said } from './answers.ts'

/** What a resource would have to change. Contents as people see them: secrets masked. */
export interface ExpectedChange {
  readonly action: Action
  readonly fields?: readonly FieldChange[]
  readonly texts?: readonly {
    readonly name: string
    readonly before: string | undefined
    readonly after: string | undefined
    readonly note?: string
  }[]
}

/**
 * One case of one kind as data; see fixtures/README.md. `files` and `units`: what the host has of those that the kind reads; `own`: what its
 * probe printed on a host.
 */
export interface Fixture<Desired = unknown, Actual = unknown> extends Said {
  readonly kind: ResourceKind<Desired, Actual>
  readonly desired: readonly Desired[]
  /** What `parse` makes of it, by key. */
  readonly actual: Readonly<Record<string, Actual | 'absent' | 'unknown'>>
  /** By key; a key that is not here must have no change. */
  readonly changes: Readonly<Record<string, ExpectedChange>>
}

/** Types a fixture after its kind. */
export function fixture<Desired, Actual>(
  kind: ResourceKind<Desired, Actual>,
  rest: Omit<Fixture<Desired, Actual>, 'kind'>,
): Fixture<Desired, Actual> {
  return { kind, ...rest }
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A unit as systemd tells of it. */
export const unit = (load: string, active: string, sub: string, file: string, needsReload = false): UnitState => ({
  ...{ load, active, sub, file, needsReload },
})
