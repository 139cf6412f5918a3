import {
  type Handler,
  type HostRollout,
  handler,
  MYSQL_START_VARIABLES,
  mysqlReplicates,
  mysqlServer,
  mysqlTakeWrites,
  type Peer,
  pkg,
  prometheusApi,
  type Resource,
  type RoleInput,
  restart,
  scrape,
  service,
  sh,
  tierThroughput,
  unitActive,
} from 'provision'
import { reloadTls } from './tls.ts'
import type { MysqlVars } from './vars.ts'

export const mysqlPackage = (vars: MysqlVars, notify: readonly Handler[] = []): Resource =>
  pkg({ name: vars.mysql_package ?? 'mysql-server', notify })

export const mysqlService = (): Resource => service({ name: 'mysql', enabled: true, state: 'started' })

/** A restart that counts only when replication runs again. A server on its own is restarted by its package alone. */
export const restartReplica: Handler = handler({
  id: 'restart mysql',
  unit: 'mysql',
  supersedes: [reloadTls.id],
  run: sh`
    ${restart('mysql').script}
    tries=0
    until said=$(
    ${mysqlReplicates().until}
    ) ; do
      tries=$((tries + 1)); if [ "$tries" -gt 60 ]; then printf "%s\n" "$said"; exit 1; fi
      sleep 1
    done
  `,
})

/** Every server starts read-only, and an upgrade starts it: a server on its own takes its writes again at once. */
export const takeWrites: Handler = handler({ id: 'mysql takes writes', run: mysqlTakeWrites() })

/** What a server is to be where none is anything yet: the first of the tier takes the writes, unless a var says who does. */
export const bootstrapOf = (
  vars: MysqlVars,
  host: Pick<Peer, 'name'>,
  members: readonly Pick<Peer, 'name'>[],
): 'primary' | 'replica' => vars.mysql_role ?? (members[0]?.name === host.name ? 'primary' : 'replica')

/** One server at a time is out, and never the one that takes the writes. */
export function rollout({ host, vars, group, provided }: RoleInput<MysqlVars>): HostRollout {
  const others = group(host.tier).flatMap(({ name }) => (name === host.name ? [] : [name]))
  const up = unitActive('mysql.service')
  if (others.length === 0) return { disruptive: [], gates: [up] }
  const { preflight, drain, gate, peersGate } = mysqlServer({
    others,
    relief: `with --switchover-to HOST a run moves the writes to another server of ${host.tier} first`,
    timeout: vars.mysql_catch_up,
  })
  return {
    // A replica has nobody to follow before that; the fields are those of no other change.
    ...(bootstrapOf(vars, host, group(host.tier)) === 'primary' && {
      first: {
        host: host.name,
        changes: ['mysql-replication:server'],
        fields: ['writable'],
        what: 'it is the primary',
      },
    }),
    requiredServices: [mysqlService()],
    disruptive: [mysqlPackage(vars), restartReplica],
    failoverBefore: vars.mysql_restart_replicas
      ? MYSQL_START_VARIABLES.map((name) => ({ key: `mysql-variable:${name}`, optional: true }))
      : [],
    preflight: [preflight],
    drain: [drain],
    gates: [up, gate, peersGate],
    // Nobody counts queries that failed.
    ...(provided(scrape, { host: host.name }).some(({ value }) => value.job === 'mysqld') && {
      throughput: tierThroughput({
        monitors: provided(prometheusApi),
        requests: { metric: 'mysql_global_status_questions', matchers: ['job="mysqld"', `tier="${host.tier}"`] },
      }),
    }),
  }
}
