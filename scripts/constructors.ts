import { isContract } from '../src/contracts/contract.ts'
import * as exported from '../src/index.ts'
import { HAPROXY_SERVER } from '../src/products/haproxy/steps.ts'
import { MYSQL_SERVER } from '../src/products/mysql/steps.ts'
import { NGINX_UPSTREAM_SERVER } from '../src/products/nginx/steps.ts'
import { PROMQL_PLACE, PROMQL_QUESTION } from '../src/products/prometheus/promql.ts'
import { ERRORS_QUESTION, QPS_QUESTION } from '../src/products/prometheus/traffic.ts'
import { HANDLER_INPUT, RELOAD_OPTIONS } from '../src/resources/handlers.ts'
import { CHECK_PLACE, ENDPOINT, HTTP_QUESTION } from '../src/rollout/checks.ts'
import { HOST_ROLLOUT } from '../src/rollout/declared.ts'
import { PHASES } from '../src/rollout/phase.ts'
import { ROLLOUT_STEP } from '../src/rollout/step.ts'
import type { FieldSchemas } from '../src/schemas/fields.ts'

/** What roles can call, by name, with the schema of each field that it takes. */
export function fieldsOfConstructors(): [name: string, fields: FieldSchemas][] {
  return Object.entries(exported).flatMap(([name, made]: [string, unknown]): [string, FieldSchemas][] =>
    hasFields(made) ? [[name, made.fields]] : [],
  )
}

/** What roles may tell each other, by the name that roles import, with the schema of each field. */
export function fieldsOfContracts(): [name: string, fields: FieldSchemas][] {
  return Object.entries(exported).flatMap(([name, made]: [string, unknown]): [string, FieldSchemas][] =>
    isContract(made) ? [[name, made.fields]] : [],
  )
}

const hasFields = (value: unknown): value is { readonly fields: FieldSchemas } =>
  typeof value === 'function' && 'fields' in value && value.fields !== undefined

/** What a role's rollout() returns, and what the constructors of steps take, by name. */
export const ROLLOUT_FIELDS: readonly (readonly [name: string, fields: FieldSchemas])[] = [
  ['HostRollout', HOST_ROLLOUT],
  ['RolloutStep', ROLLOUT_STEP],
  ['CheckPlace', CHECK_PLACE],
  ['tcpOpen', ENDPOINT],
  ['httpAnswers', HTTP_QUESTION],
  ['promqlHolds', PROMQL_QUESTION],
  ['PromqlPlace', PROMQL_PLACE],
  ['qpsLikePeers', QPS_QUESTION],
  ['errorsNotUp', ERRORS_QUESTION],
  ['haproxyServer', HAPROXY_SERVER],
  ['nginxUpstreamServer', NGINX_UPSTREAM_SERVER],
  ['mysqlServer', MYSQL_SERVER],
]

/** What the constructors of handlers take, by name. */
export const HANDLER_FIELDS: readonly (readonly [name: string, fields: FieldSchemas])[] = [
  ['reload', RELOAD_OPTIONS],
  ['handler', HANDLER_INPUT],
]

/** The same for people: steps are told once, not again in each phase. */
export function fieldsOfRollouts(): [name: string, fields: FieldSchemas][] {
  const steps = { type: 'array', items: { is: 'step' } } as const
  const told = Object.fromEntries(
    PHASES.map(({ steps: field, description }) => [field, { description, ...steps, optional: true }] as const),
  )
  return ROLLOUT_FIELDS.map(([name, fields]) => [name, fields === HOST_ROLLOUT ? { ...fields, ...told } : fields])
}
