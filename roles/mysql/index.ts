import {
  allowFrom,
  clientAddresses,
  defineRole,
  type Facts,
  keyOf,
  mysqlClient,
  mysqlDatabase,
  mysqlExporterAccount,
  mysqlReplication,
  mysqlVariable,
  type Nested,
  type Peer,
  program,
  type Resource,
  type RoleInput,
  tierAddresses,
} from 'provision'
import { accounts } from './accounts.ts'
import { optionFile, packaging } from './config.ts'
import { dataDirectory, isOfDataDirectory } from './data-directory.ts'
import { type Option, optionLine, optionsOf, serverId } from './options.ts'
import { refused } from './refused.ts'
import { bootstrapOf, mysqlPackage, mysqlService, restartReplica, rollout, takeWrites } from './rollout.ts'
import { reloadTls, TLS, tlsFiles } from './tls.ts'
import { unattended } from './unattended.ts'
import { type MysqlVars, vars } from './vars.ts'

export default defineRole({
  name: 'mysql',
  description: 'MySQL 8.0 to 9.x: one writable server and its replicas, by GTID over TLS.',
  vars,
  provides: ({ vars }) => [
    program.of({
      name: 'mysql',
      ports: [vars.mysql_port],
      disruptive: [keyOf(mysqlPackage(vars))],
      requiredServices: [keyOf(mysqlService())],
    }),
    vars.mysql_exporter_password !== undefined &&
      mysqlExporterAccount.of({ user: vars.mysql_exporter_user, password: vars.mysql_exporter_password }),
  ],
  rollout,
  listens: ({ host, vars, facts }) =>
    optionsOf(vars, host, facts)
      .filter(({ name }) => name === 'bind_address')
      .flatMap(({ value }) => String(value).split(','))
      .map((address) => ({
        ...{ by: 'mysql', program: 'mysql', address: address.trim(), port: vars.mysql_port },
        at: ['mysql_port'],
      })),
  resources(input) {
    const { host, vars, facts, group, template } = input
    refuseRelease(facts, vars)
    const members = group(host.tier)
    refuseTwins(members, host, vars)
    const options = optionsOf(vars, host, facts)
    const lines = options.filter((one) => !isOfDataDirectory(one)).map(({ name, value }) => [name, optionLine(value)])
    const bootstrap = bootstrapOf(vars, host, members)
    // With the consent to be made writable nothing is to be waited for.
    const joins = members.length > 1 && bootstrap === 'replica' && !vars.mysql_allow_promote
    const revokes = options.find((one) => one.variable === 'partial_revokes')
    return [
      packaging(),
      dataDirectory(options),
      mysqlPackage(vars, [members.length > 1 ? restartReplica : takeWrites]),
      unattended(vars),
      tlsFiles(vars),
      optionFile(template('provision.cnf.ejs', { lines })),
      firewall(input),
      mysqlService(),
      replication(vars, host, members, bootstrap),
      // How the names of databases in grants are stored.
      variables(vars, revokes === undefined ? [] : [revokes], joins),
      vars.mysql_databases.map((one) => mysqlDatabase({ ...one, joins })),
      accounts(vars, { joins, partialRevokes: revokes && isOn(revokes.value) }),
      // Last, and in one step: a variable that must wait for a restart holds up nothing else.
      variables(
        vars,
        options.filter((one) => one !== revokes),
        joins,
      ),
    ]
  },
})

const isOn = (value: Option['value']): boolean => /^(on|true|yes|1)$/i.test(String(value))

const variables = (vars: MysqlVars, options: readonly Option[], joins: boolean): Nested<Resource> =>
  options.map(
    ({ variable: name, value }) =>
      name !== undefined &&
      mysqlVariable({
        name,
        value,
        joins,
        restart: vars.mysql_restart_replicas ? 'replica' : 'never',
        ...(/^(ssl|tls)_/.test(name) && { notify: [reloadTls] }),
      }),
  )

/** Debian itself has MySQL in sid only; what it calls default-mysql-server is MariaDB. */
function refuseRelease({ os }: Facts, { mysql_package: name }: MysqlVars): void {
  if (os.id !== 'debian' || os.versionId === '' || name !== undefined) return
  throw refused(
    `Debian ${os.versionId} (${os.codename}) has no MySQL, only MariaDB`,
    "add Oracle's repository and set mysql_package: mysql-community-server, or use Ubuntu or Debian sid for this host",
  )
}

type Host = { readonly name: string; readonly tier: string; readonly address: string }

/** Two servers of one id push each other out of replication, or ignore each other's transactions. */
function refuseTwins(members: readonly Peer[], host: Host, vars: MysqlVars): void {
  const own = vars.mysql_server_id ?? serverId(host.address)
  const idOf = ({ address, vars }: Peer) =>
    typeof vars.mysql_server_id === 'number' ? vars.mysql_server_id : serverId(address)
  const twin = members.find((peer) => peer.name !== host.name && own !== undefined && idOf(peer) === own)
  if (twin === undefined) return
  throw refused(
    `${host.name} and ${twin.name} have the same mysql_server_id (${own})`,
    'set another one in host_vars, or none: it is then made of the address',
  )
}

function replication(
  vars: MysqlVars,
  host: Host,
  members: readonly Peer[],
  bootstrap: 'primary' | 'replica',
): Resource {
  const others = members.filter(({ name }) => name !== host.name)
  const password = vars.mysql_repl_password
  if (others.length > 0 && (password === undefined || vars.mysql_tls_key === undefined || !hasCertificate(vars))) {
    throw refused(
      `${host.name} is one of several servers: replication needs a password and certificates of one CA`,
      'set mysql_repl_password, mysql_tls_ca, mysql_tls_cert and mysql_tls_key',
    )
  }
  if (vars.mysql_tls_key !== undefined && !hasCertificate(vars)) {
    throw refused(`mysql_tls_key of ${host.name} is alone`, 'set mysql_tls_ca and mysql_tls_cert too')
  }
  return mysqlReplication({
    bootstrap,
    peers: others.map((peer) => ({ name: peer.name, host: peer.address, port: portOf(peer, vars) })),
    user: vars.mysql_repl_user,
    ...(password !== undefined && { password }),
    sslCa: TLS.ca,
    ...(vars.mysql_clone_password !== undefined && {
      clone: { user: vars.mysql_clone_user, password: vars.mysql_clone_password },
    }),
    allowClone: vars.mysql_allow_clone,
    allowPromote: vars.mysql_allow_promote,
    catchUp: vars.mysql_catch_up,
  })
}

const hasCertificate = (vars: MysqlVars): boolean =>
  vars.mysql_tls_ca !== undefined && vars.mysql_tls_cert !== undefined

const portOf = ({ vars }: Peer, own: MysqlVars): number =>
  typeof vars.mysql_port === 'number' ? vars.mysql_port : own.mysql_port

function firewall(input: RoleInput<MysqlVars>): Resource[] {
  const { host, vars, group } = input
  const tiers = [host.tier, ...vars.mysql_allow_from_tiers]
  const from = [
    ...tierAddresses(group('all'), tiers, 'mysql_allow_from', host.name),
    ...clientAddresses(input, mysqlClient, 'mysql_allow_from'),
    ...vars.mysql_allow_from,
  ]
  return vars.mysql_firewall ? allowFrom([...new Set(from)], { port: vars.mysql_port, comment: 'mysql' }) : []
}
