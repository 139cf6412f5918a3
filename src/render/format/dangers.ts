import type { HostPlan, PlannedItem, TextDiff } from '../../plan/host-plan.ts'
import type { FieldChange } from '../../resources/resource.ts'

/** Things of a host's plan that somebody should have seen before it is applied. */
export type Things = (plan: HostPlan) => string[]

const ofItems =
  (things: (item: PlannedItem) => readonly string[]): Things =>
  ({ items }) =>
    items.filter(({ action }) => action !== 'none').flatMap(things)

const keyWhere = (holds: (item: PlannedItem) => boolean): Things => ofItems((item) => (holds(item) ? [item.key] : []))

const hasField = ({ fields }: PlannedItem, holds: (change: FieldChange) => boolean): boolean => fields.some(holds)

/** As the note of a package has it. */
const besides = (note: string): string[] => /^apt also removes (.*)$/.exec(note)?.[1]?.split(', ') ?? []

/** Packages that go, declared ones and what apt takes along. */
export const packagesRemoved: Things = ofItems(({ kind, action, key, notes = [] }) =>
  kind === 'package' ? [...(action === 'delete' ? [key.replace(/^package:/, '')] : []), ...notes.flatMap(besides)] : [],
)

/** Files, users, databases and the like that go; also files of a set, and what has the place of something else. */
export const deleted: Things = ofItems((item) => {
  if (item.kind === 'package') return []
  if (item.action === 'delete') return [item.key]
  // What is made has nothing that could go; its texts are long.
  if (item.action === 'create') return []
  const files = item.diffs.filter(isGone).map(({ name }) => name)
  return files.length > 0 ? files : hasField(item, isReplaced) ? [`what has the place of ${item.key}`] : []
})

const isGone = ({ note, hunks }: TextDiff): boolean =>
  note === 'removed' || (hunks.length > 0 && hunks.every(({ newLines }) => newLines === 0))

/** `type: directory → file` */
const isReplaced = ({ field, from, to }: FieldChange): boolean =>
  /(^| )type$/.test(field) && from !== undefined && to !== undefined

/** What loses something that it has: a rule, a key. */
export const reduced: Things = keyWhere(
  (item) => item.action === 'update' && hasField(item, ({ from, to }) => from !== undefined && to === undefined),
)

export const stopped: Things = keyWhere((item) =>
  hasField(item, ({ field, to }) => field === 'state' && to === 'stopped'),
)

/** Data that goes to another place, or makes room for other data. */
export const dataMoved: Things = keyWhere((item) =>
  hasField(item, ({ field, from, to }) => ['data', 'home'].includes(field) && from !== undefined && to !== undefined),
)

/** Changes of a release to the data that it finds. */
export const migrated: Things = keyWhere((item) => hasField(item, ({ field }) => field === 'migrations'))
