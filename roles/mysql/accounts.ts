import { mysqlUser, type Nested, type Resource } from 'provision'
import type { MysqlVars } from './vars.ts'

/** What all accounts of a server have to know of it. */
interface Server {
  readonly joins: boolean
  /** What the run sets it to; undefined: it stays as it is. */
  readonly partialRevokes: boolean | undefined
}

/** The role's own accounts and the declared ones. The administrator stays as Debian made it: root, over the socket. */
export function accounts(vars: MysqlVars, server: Server): Nested<Resource> {
  const service = (
    name: string,
    password: typeof vars.mysql_repl_password,
    privileges: readonly string[],
    host = '%',
  ) =>
    password !== undefined &&
    mysqlUser({
      ...server,
      name,
      host,
      password,
      tls: host === 'localhost' ? 'none' : 'ssl',
      grants: [{ on: '*.*', privileges }],
    })
  return [
    service(vars.mysql_repl_user, vars.mysql_repl_password, ['REPLICATION SLAVE']),
    service(vars.mysql_clone_user, vars.mysql_clone_password, ['BACKUP_ADMIN']),
    service(
      vars.mysql_exporter_user,
      vars.mysql_exporter_password,
      ['PROCESS', 'REPLICATION CLIENT', 'SELECT'],
      'localhost',
    ),
    vars.mysql_users.map(({ grants, ...user }) =>
      mysqlUser({
        ...server,
        ...user,
        grants: grants.map(({ on, privileges, grant_option: grantOption }) => ({ on, privileges, grantOption })),
      }),
    ),
  ]
}
