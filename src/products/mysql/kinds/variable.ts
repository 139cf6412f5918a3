import { closest } from 'fastest-levenshtein'
import { ProvisionError } from '../../../errors.ts'
import { constructorOf } from '../../../resources/constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../../../resources/resource.ts'
import { joinScripts, rawScript } from '../../../shell/script.ts'
import { parseSql, probeSql, row, type SqlAnswer } from './client.ts'
import { hasYetToJoin, isServerData, type Server, serverOf, serverQuery } from './server.ts'
import { list, raw, type Sql, sql } from './sql.ts'
import { applyVariables, GIVEN } from './variable-apply.ts'
import { MYSQL_VARIABLE, type MysqlVariable } from './variable-model.ts'
import { isAtStart, isFact, isOfDataDirectory, isOfPlugin } from './variable-start.ts'
import { optionText, type Range, sameValue, shownLive, valueProblem } from './variable-value.ts'

export interface MysqlVariableState {
  readonly server: Server['role']
  readonly version: string
  /** Undefined: this server has no such variable. */
  readonly live: string | undefined
  /** What live is rounded up to. */
  readonly unit: number
  /** Undefined: it takes no numbers, or nobody knows which. */
  readonly range: Range | undefined
  readonly persisted: string | undefined
  /** What was declared when the server made live of it, where a run has seen that. */
  readonly given: string | undefined
  /** The known name that a wrong one was probably meant to be. */
  readonly nearest: string | undefined
}

/** A variable of a server: set at once where it can be, with no restart. */
export const mysqlVariableKind: ResourceKind<MysqlVariable, MysqlVariableState> = {
  kind: 'mysql-variable',
  key: (desired) => desired.name,
  affects: isServerData,
  probe: (all) => joinScripts([rawScript(`cat ${GIVEN} 2>/dev/null || :`), probeSql([serverQuery, ...queries(all)])]),
  parse({ own }, all) {
    const rows = parseSql(own)
    if (rows === 'down') return new Map(all.map((one) => [one.name, 'unknown']))
    const server = serverOf(rows)
    return new Map(all.map((one) => [one.name, hasYetToJoin(server, one) ? 'unknown' : stateOf(one, server, rows)]))
  },
  diff(desired, actual) {
    const state = actual === 'absent' ? undefined : actual
    if (state) refuseWhatCannotBe(desired, state)
    const fields = [...(isSet(desired, state) ? [] : [valueField(desired, state)]), ...persistedFields(desired, state)]
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  notes(desired, actual) {
    if (actual === 'absent' || actual.live === undefined || !isSet(desired, actual)) return []
    const declared = optionText(desired.value)
    const isNumber = /^-?[\d.]+$/.test(actual.live)
    // -1 is how some are told to find their size by themselves.
    if (!isNumber || declared === '-1' || sameValue(desired.value, actual.live, actual.unit)) return []
    return [`the server makes ${actual.live} of ${declared}`]
  },
  apply: (changes) =>
    applyVariables(
      changes.map(({ desired, actual }: Change<MysqlVariable, MysqlVariableState>) => {
        const state = actual === 'absent' ? undefined : actual
        return {
          desired,
          set: !isSet(desired, state),
          keep: persistedFields(desired, state).length > 0,
          mayRestart: restarts(desired, state),
        }
      }),
    ),
  // One restart for all that need it.
  batch: true,
}

/**
 * Declares a server variable: `mysqlVariable({ name: 'max_connections', value: 400 })`.
 * @throws RangeError for a name that no variable has
 */
export const mysqlVariable = constructorOf(mysqlVariableKind, {
  fields: MYSQL_VARIABLE,
  check(input) {
    if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$/.test(input.name)) {
      throw new RangeError(`${JSON.stringify(input.name)} is not the name of a MySQL variable (lower case, with _)`)
    }
  },
})

const queries = (all: readonly MysqlVariable[]): Sql[] => {
  const names = list(all.map((one) => one.name))
  // The pool is rounded up to whole chunks in each of its instances.
  const unit = raw(
    "IF(VARIABLE_NAME = 'innodb_buffer_pool_size', @@innodb_buffer_pool_chunk_size * @@innodb_buffer_pool_instances, 1)",
  )
  const live = row('variable', ['VARIABLE_NAME', 'VARIABLE_VALUE', unit.sql, 'MIN_VALUE', 'MAX_VALUE'].map(raw))
  const persisted = row('persisted', [raw('VARIABLE_NAME'), raw('VARIABLE_VALUE')])
  const known = row('known', [raw('VARIABLE_NAME')])
  const variables = raw('performance_schema.global_variables')
  return [
    sql`SELECT ${live} FROM ${variables} LEFT JOIN performance_schema.variables_info USING (VARIABLE_NAME) WHERE VARIABLE_NAME IN (${names})`,
    sql`SELECT ${persisted} FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN (${names})`,
    // All names, only where one is unknown.
    sql`SELECT ${known} FROM ${variables} WHERE (SELECT COUNT(*) FROM ${variables} WHERE VARIABLE_NAME IN (${names})) < ${all.length}`,
  ]
}

function stateOf(
  { name }: MysqlVariable,
  { role, version }: Server,
  rows: Exclude<SqlAnswer, 'down'>,
): MysqlVariableState {
  const of = (tag: string) => rows.rows(tag).find(([each]) => each === name)
  const [, live, unit, from = '', to = ''] = of('variable') ?? []
  const [, given, became] = of('given') ?? []
  // The X plugin tells ranges that are none.
  const isRange = /^-?\d+$/.test(from) && /^\d+$/.test(to) && to !== '0' && BigInt(from) < BigInt(to)
  const known = live === undefined ? rows.rows('known').map(([each = '']) => each) : []
  return {
    server: role,
    version,
    live,
    unit: Number(unit ?? 1),
    range: isRange ? [from, to] : undefined,
    persisted: of('persisted')?.[1],
    given: became !== undefined && became === live ? given : undefined,
    nearest: known.length > 0 ? closest(name, known) : undefined,
  }
}

/** @throws ProvisionError for what this server can't be brought to */
function refuseWhatCannotBe(
  { name, value }: MysqlVariable,
  { live, version, range, nearest }: MysqlVariableState,
): void {
  const wrong = (message: string, hint?: string) => new ProvisionError(message, { code: 'input', hint })
  if (live === undefined) {
    if (isOfPlugin(name)) return
    throw wrong(`MySQL ${version} has no variable '${name}'${nearest ? `: did you mean '${nearest}'?` : ''}`)
  }
  if (isFact(name)) throw wrong(`${name} can't be set: the server tells it of itself`)
  if (isOfDataDirectory(name) && !sameValue(value, live)) {
    throw wrong(
      `${name} is ${live} since the data directory was made, and can't become ${optionText(value)}`,
      'leave it as it is; another value takes a new server that has it from its first start, and the data by a dump',
    )
  }
  const problem = valueProblem(value, live, range)
  if (problem !== undefined) throw wrong(`${name} can't be ${optionText(value)}: ${problem}`)
}

const isSet = ({ value }: MysqlVariable, state: MysqlVariableState | undefined): boolean =>
  state?.live !== undefined && (sameValue(value, state.live, state.unit) || state.given === optionText(value))

function valueField(desired: MysqlVariable, state: MysqlVariableState | undefined): FieldChange {
  const from = state && (state.live === undefined ? 'not loaded' : shownLive(desired.value, state.live))
  const waits = state !== undefined && (isAtStart(desired.name) || state.live === undefined)
  const note = !waits ? '' : restarts(desired, state) ? ' (restarts this replica)' : ' (needs a restart)'
  return { field: 'value', from, to: `${optionText(desired.value)}${note}` }
}

function persistedFields({ value, persist }: MysqlVariable, state: MysqlVariableState | undefined): FieldChange[] {
  const kept = state?.persisted
  const isKept = persist ? kept !== undefined && sameValue(value, kept) : kept === undefined
  return isKept ? [] : [{ field: 'persisted', from: kept, to: persist ? optionText(value) : undefined }]
}

const restarts = (desired: MysqlVariable, state: MysqlVariableState | undefined): boolean =>
  desired.restart === 'replica' && state?.server === 'replica'
