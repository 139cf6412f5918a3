import type { FieldSchemas, FieldsOf } from '../../../schemas/fields.ts'
import { JOINS } from './server.ts'

/** A server variable as it is now. What it is after the next start is up to an option file, or `persist`. */
export const MYSQL_VARIABLE = {
  name: { description: 'As SHOW GLOBAL VARIABLES has it: `max_connections`.', type: 'string' },
  value: { description: 'Sizes may have a unit: `64M`.', type: ['string', 'number', 'boolean'] },
  persist: {
    description: 'Kept by the server itself (mysqld-auto.cnf, which outdoes option files); else it must keep nothing.',
    type: 'boolean',
    default: false,
  },
  restart: {
    description:
      'For those that only a start sets: whether this run may restart the server. replica: when it is one. A primary is never restarted: the change then fails and says what to do.',
    enum: ['never', 'replica'],
    default: 'never',
  },
  joins: JOINS,
} as const satisfies FieldSchemas

export type MysqlVariable = FieldsOf<typeof MYSQL_VARIABLE>
