import type { FieldSchemas, FieldsOf } from '../../../schemas/fields.ts'
import { GRANTS } from './grants.ts'
import { JOINS } from './server.ts'

/** An account on a MySQL server. On a replica there is nothing to do: it comes by replication. */
export const MYSQL_USER = {
  name: { description: 'Its name.', type: 'string' },
  host: {
    description: 'Where it logs in from, as MySQL has it: `10.0.0.%`, `localhost`. Not set: `%`, from anywhere.',
    type: 'string',
    given: true,
  },
  password: {
    description:
      "Not set: it logs in over the socket as the system's user of the same name (auth_socket), without a password.",
    is: 'secret',
    given: true,
  },
  tls: { description: 'What its connections need.', enum: ['none', 'ssl', 'x509'], default: 'none' },
  grants: GRANTS,
  partialRevokes: {
    description:
      'Whether the server has partial_revokes when this run has set its variables: names of databases are stored otherwise then. Not set: as it has it now.',
    type: 'boolean',
    optional: true,
  },
  state: { description: 'absent: it is dropped.', enum: ['present', 'absent'], default: 'present' },
  joins: JOINS,
} as const satisfies FieldSchemas

export type MysqlUser = FieldsOf<typeof MYSQL_USER>
