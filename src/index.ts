/** What roles, and programs that run provision as a library, import. */

export { ipFamily, listedOrTier, managementSocket, socketOf, tierAddresses } from './catalog/addresses.ts'
export type {
  Across,
  HostChange,
  HostChanges,
  Peer,
  Role,
  RoleInput,
  VarSchema,
  VarSchemas,
  VarsOf,
} from './catalog/role.ts'
export { defineRole } from './catalog/role.ts'
export { InputError, ProvisionError } from './errors.ts'
export type { Facts } from './facts/facts.ts'
export { nameHint } from './inventory/problems.ts'
export { aptRepository } from './resources/apt-repository.ts'
export { authorizedKeys } from './resources/authorized-key/authorized-key.ts'
export { command } from './resources/command.ts'
export { directory } from './resources/directory.ts'
export { file } from './resources/file.ts'
export { fileSet } from './resources/file-set/file-set.ts'
export { group } from './resources/group.ts'
export { daemonReload, handler, reload, restart } from './resources/handlers.ts'
export { mysqlDatabase } from './resources/mysql/database.ts'
export type { Grant } from './resources/mysql/grants.ts'
export { mysqlReplication } from './resources/mysql/replication.ts'
export { takeWrites as mysqlTakeWrites } from './resources/mysql/replication-apply.ts'
export { mysqlUser } from './resources/mysql/user.ts'
export { MYSQL_START_VARIABLES, mysqlVariable } from './resources/mysql/variable.ts'
export { pkg } from './resources/package/package.ts'
export { restartHealthy } from './resources/release/health.ts'
export { release } from './resources/release/release.ts'
export type * from './resources/resource.ts'
export { constructorOf } from './resources/resource.ts'
export { service } from './resources/service.ts'
export { symlink } from './resources/symlink.ts'
export { sysctl } from './resources/sysctl/sysctl.ts'
export { sysctlFile } from './resources/sysctl/yielding-file.ts'
export { systemdUnit } from './resources/systemd-unit.ts'
export { allowFrom, firewall, ufwRule } from './resources/ufw/ufw.ts'
export { user } from './resources/user/user.ts'
export type { CheckPlace, Endpoint, HttpQuestion } from './rollout/checks.ts'
export { commandSucceeds, httpAnswers, tcpOpen, unitActive } from './rollout/checks.ts'
export type { HaproxyServer, HaproxySteps } from './rollout/haproxy.ts'
export { haproxyServer } from './rollout/haproxy.ts'
export type { Failures, LikePeers, LikePeersOptions } from './rollout/like-peers.ts'
export { LIKE_PEERS, likePeers } from './rollout/like-peers.ts'
export type { MysqlServer, MysqlSteps } from './rollout/mysql.ts'
export { mysqlReplicates, mysqlServer } from './rollout/mysql.ts'
export type { NginxUpstreamServer, NginxUpstreamSteps } from './rollout/nginx.ts'
export { keepDrainedServers, nginxUpstreamServer } from './rollout/nginx.ts'
export type { PromqlPlace, PromqlQuestion } from './rollout/promql.ts'
export { promqlHolds } from './rollout/promql.ts'
export type { FirstHost, HostRollout, RolloutStep } from './rollout/steps.ts'
export type { Counter, ErrorsQuestion, QpsQuestion, ServerTraffic } from './rollout/traffic.ts'
export { errorsNotUp, qpsLikePeers } from './rollout/traffic.ts'
export type { Secret, Text } from './secret.ts'
export { isSecret, masked, reveal, secret } from './secret.ts'
export { quote } from './shell/quote.ts'
export type { Script } from './shell/script.ts'
export { joinScripts, rawScript, sh } from './shell/script.ts'
