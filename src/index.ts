/** What roles, and programs that run provision as a library, import. */

export {
  clientAddresses,
  ipFamily,
  isIn,
  listedOrAny,
  listedOrTier,
  listeningAddress,
  managementSocket,
  socketOf,
  tierAddresses,
  tierMembers,
} from './catalog/addresses.ts'
export { keyOf } from './catalog/keys.ts'
export { managementListener, parseSocket } from './catalog/listeners.ts'
export type { Nested } from './catalog/nested.ts'
export type {
  FleetCheck,
  HostChange,
  HostChanges,
  Listener,
  Peer,
  ProvidesInput,
  Role,
  RoleInput,
  VarSchema,
  VarSchemas,
  VarsOf,
} from './catalog/role.ts'
export { defineRole } from './catalog/role.ts'
export type { Contract, Offer, Provided, ProvidedBy, ProvidingHost, ValueOf } from './contracts/contract.ts'
export { contract } from './contracts/contract.ts'
export { program } from './contracts/program.ts'
export { InputError, ProvisionError } from './errors.ts'
export type { Facts } from './facts/facts.ts'
export type { HostsFile as Hosts } from './inventory/schemas/hosts.ts'
export type { HostsInput } from './inventory/sources/hosts-input.ts'
export type { Secret, Text } from './masking/secret.ts'
export { isSecret, masked, reveal, secret } from './masking/secret.ts'
export type { FileEntry, FileState, WantedFile } from './observe/files.ts'
export type { Answers, Reads } from './observe/question.ts'
export type { Surroundings } from './observe/surroundings.ts'
export type { UnitState } from './observe/units.ts'
export { nameHint } from './problems/nearest.ts'
export { backend } from './products/haproxy/contracts.ts'
export type { HaproxyServer, HaproxySteps } from './products/haproxy/steps.ts'
export { haproxyServer } from './products/haproxy/steps.ts'
export { floatingAddress } from './products/keepalived/contracts.ts'
export { mysqlClient, mysqlExporterAccount } from './products/mysql/contracts.ts'
export { mysqlDatabase } from './products/mysql/kinds/database.ts'
export type { Grant } from './products/mysql/kinds/grants.ts'
export { mysqlReplication } from './products/mysql/kinds/replication.ts'
export { takeWrites as mysqlTakeWrites } from './products/mysql/kinds/replication-apply.ts'
export { mysqlUser } from './products/mysql/kinds/user.ts'
export { mysqlVariable } from './products/mysql/kinds/variable.ts'
export { MYSQL_START_VARIABLES } from './products/mysql/kinds/variable-start.ts'
export type { MysqlServer, MysqlSteps } from './products/mysql/steps.ts'
export { mysqlReplicates, mysqlServer } from './products/mysql/steps.ts'
export { nginxStatus, upstream } from './products/nginx/contracts.ts'
export type { NginxUpstreamServer, NginxUpstreamSteps } from './products/nginx/steps.ts'
export { keepDrainedServers, nginxUpstreamServer } from './products/nginx/steps.ts'
export { metricsReader, prober, prometheusApi, scrape } from './products/prometheus/contracts.ts'
export type { Failures, LikePeers, LikePeersOptions } from './products/prometheus/like-peers.ts'
export { LIKE_PEERS, likePeers } from './products/prometheus/like-peers.ts'
export type { PromqlPlace, PromqlQuestion } from './products/prometheus/promql.ts'
export { promqlHolds } from './products/prometheus/promql.ts'
export type { TierThroughput } from './products/prometheus/throughput.ts'
export { tierThroughput } from './products/prometheus/throughput.ts'
export type { Counter, ErrorsQuestion, QpsQuestion, ServerTraffic } from './products/prometheus/traffic.ts'
export { errorsNotUp, qpsLikePeers } from './products/prometheus/traffic.ts'
export { aptRepository } from './resources/apt-repository.ts'
export { authorizedKeys } from './resources/authorized-key/authorized-key.ts'
export { command } from './resources/command.ts'
export type { Constructor, ConstructorOptions } from './resources/constructor.ts'
export { constructorOf } from './resources/constructor.ts'
export { directory } from './resources/directory.ts'
export { file } from './resources/file.ts'
export { fileSet } from './resources/file-set/file-set.ts'
export { group } from './resources/group.ts'
export { daemonReload, handler, reload, restart } from './resources/handlers.ts'
export { pkg } from './resources/package/package.ts'
export { restartHealthy } from './resources/release/health.ts'
export { release } from './resources/release/release.ts'
export type * from './resources/resource.ts'
export { service } from './resources/service/service.ts'
export { symlink } from './resources/symlink.ts'
export { sysctl } from './resources/sysctl/sysctl.ts'
export { sysctlFile } from './resources/sysctl/yielding-file.ts'
export { systemdUnit } from './resources/systemd-unit/systemd-unit.ts'
export { allowFrom, firewall, ufwRule } from './resources/ufw/ufw.ts'
export { user } from './resources/user/user.ts'
export type { CheckPlace, Endpoint, HttpQuestion } from './rollout/checks.ts'
export { commandSucceeds, httpAnswers, tcpOpen, unitActive } from './rollout/checks.ts'
export type { FirstHost, HostRollout, Named, Watched } from './rollout/declared.ts'
export type { RolloutStep } from './rollout/step.ts'
export { quote } from './shell/quote.ts'
export type { Script, SecretScript } from './shell/script.ts'
export { joinScripts, rawScript, sh } from './shell/script.ts'
