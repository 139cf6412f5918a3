import { createHash } from 'node:crypto'
import { ProvisionError } from '../../../errors.ts'
import { constructorOf } from '../../../resources/constructor.ts'
import type { FieldChange, ResourceKind } from '../../../resources/resource.ts'
import { joinScripts, rawScript } from '../../../shell/script.ts'
import { applyVerdict } from './replication-apply.ts'
import {
  MYSQL_REPLICATION,
  type MysqlReplication,
  parseReplication,
  probeReplication,
  type ReplicationState,
} from './replication-state.ts'
import { replicationVerdict } from './replication-verdict.ts'
import { isServerData } from './server.ts'

export type { MysqlPeer, MysqlReplication } from './replication-state.ts'

const KEY = 'server'

/**
 * A server's part in its group: the one that is writable, or a replica of it over TLS by GTID auto-position. Who is who
 * is asked of the servers; data is never thrown away without consent, and nobody becomes the second primary.
 */
export const mysqlReplicationKind: ResourceKind<MysqlReplication, ReplicationState> = {
  kind: 'mysql-replication',
  key: () => KEY,
  affects: isServerData,
  probe: probeReplication,
  parse: ({ own }, all) => new Map([[KEY, parseReplication(own, all, sha256)]]),
  diff(desired, actual) {
    const verdict = actual === 'absent' ? undefined : replicationVerdict(desired, actual)
    if (verdict?.do === 'refuse' && verdict.now)
      throw new ProvisionError(verdict.why, { code: 'input', hint: verdict.hint })
    if (verdict?.do === 'nothing') return undefined
    return { action: 'update', desired, actual, fields: verdict?.fields ?? first(desired) }
  },
  replanBeforeApply: true,
  isPrimary: ({ role }) => role === 'writable',
  // A clone copies all there is.
  timeout: 4 * 3600,
  apply: (changes) =>
    joinScripts(
      changes.map(({ desired, actual }) =>
        actual === 'absent' ? rawScript(':') : applyVerdict(desired, replicationVerdict(desired, actual)),
      ),
    ),
}

/**
 * Declares a server's part: see {@link MysqlReplication}.
 * @throws RangeError for a group without a password: replicas could not log in
 */
export const mysqlReplication = constructorOf(mysqlReplicationKind, {
  fields: MYSQL_REPLICATION,
  check(input) {
    if (input.peers.length > 0 && input.password === undefined)
      throw new RangeError('mysql-replication needs a password')
  },
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What will come, as far as the inventory tells, where no server runs yet. */
const first = ({ bootstrap }: MysqlReplication): FieldChange[] =>
  bootstrap === 'primary' ? [{ field: 'writable', to: 'yes' }] : [{ field: 'source', to: 'the writable server' }]
