import { messageOf, type Problem, ProvisionError } from '../errors.ts'
import { type FieldSchema, type FieldSchemas, fieldsCheck } from '../schemas/fields.ts'
import { isNotingPlaces, notePlace } from './place.ts'
import type { Resource, ResourceKind, ResourceOptions } from './resource.ts'

/** What a constructor does before it hands a resource over. */
export interface ConstructorOptions<Input, Desired> {
  /** Schema of each field; without them nothing is checked. */
  readonly fields?: FieldSchemas | undefined
  /** What no schema can say. @throws Error when the input can't be */
  readonly check?: ((input: Input) => void) | undefined
  /** What the kind takes for it. Default: the input itself. @throws Error when the input can't be */
  readonly declare?: ((input: Input) => Desired) | undefined
}

/** What roles call for a kind. */
export interface Constructor<Input, Desired, Actual> {
  (input: Input & ResourceOptions): Resource<Desired, Actual>
  /** What it takes, for the documentation and for the build. */
  readonly fields?: FieldSchemas | undefined
}

/**
 * The constructor that roles use for a kind: desired state and `notify` in one object. It never throws: what is wrong with
 * the input is in the resource's `problems`, and is told with that of all other resources before any host is touched.
 * @throws RangeError for a kind whose name can't be asked by, or that asks nothing
 * @example const file = constructorOf(fileKind); file({ path: '/etc/motd', content: 'hi\n', notify: [reload('ssh')] })
 */
export function constructorOf<Desired extends object, Actual, Input extends object = Desired>(
  kind: ResourceKind<Desired, Actual>,
  options: ConstructorOptions<Input, Desired> = {},
): Constructor<Input, Desired, Actual> {
  refuseUnaskable(kind)
  const { fields, check, declare = asDesired } = options
  const problemsOf = fields && fieldsCheck({ ...fields, notify: NOTIFY })
  const construct = (input: Input & ResourceOptions): Resource<Desired, Actual> => {
    const { notify = [], ...rest } = input
    // Rest of an intersection: TypeScript can't see that what is left is the input.
    const given = rest as unknown as Input
    const wrong = (problems: readonly Problem[]) =>
      notePlace({ kind, desired: asDesired<Desired>(given), notify: [], problems }, construct)
    const problems = problemsOf?.(input) ?? []
    if (problems.length > 0) {
      const name = nameOf(kind, asDesired(given))
      return wrong(problems.map((problem) => ({ ...problem, message: `${name}: ${problem.message}` })))
    }
    try {
      check?.(given)
      const desired = declare(given)
      const resource = { kind, desired, notify, fields, ...(Object.is(desired, given) ? {} : { given }) }
      return isNotingPlaces() ? notePlace(resource, construct) : resource
    } catch (error) {
      return wrong([{ message: messageOf(error), hint: error instanceof ProvisionError ? error.hint : undefined }])
    }
  }
  return Object.assign(construct, { fields: fields && { ...fields, notify: NOTIFY } })
}

/**
 * The name of a kind marks its part of what a host answers, and `provision` marks what is asked for all kinds.
 * @throws RangeError for one that can't, and for a kind that asks nothing
 */
function refuseUnaskable({ kind, reads, probe }: Pick<ResourceKind, 'kind' | 'reads' | 'probe'>): void {
  if (!/^[a-z_][a-z0-9_-]*$/.test(kind) || kind === 'provision') {
    throw new RangeError(
      `${JSON.stringify(kind)} can't be the name of a kind: write lower-case words with hyphens, e.g. cron-job`,
    )
  }
  if (reads === undefined && probe === undefined) {
    throw new RangeError(`the kind ${kind} asks nothing of a host: give it reads or probe`)
  }
}

/** Where nothing is said of how an input becomes what is desired it is that; and what is wrong is never planned. */
const asDesired = <Desired>(input: object): Desired => input as Desired

/** As far as it can be told of what is not as it should be. */
function nameOf<Desired, Actual>(kind: ResourceKind<Desired, Actual>, desired: Desired): string {
  try {
    const key: unknown = kind.key(desired)
    return typeof key === 'string' && !key.includes('undefined') ? `${kind.kind}:${key}` : kind.kind
  } catch {
    return kind.kind
  }
}

/** What every constructor takes besides the fields of its kind. */
const NOTIFY = {
  description: 'Handlers that a change of this resource calls for: reload(…), restart(…).',
  type: 'array',
  items: { is: 'handler' },
  optional: true,
} as const satisfies FieldSchema
