import { file, type Resource, sh } from 'provision'
import type { MysqlVars } from './vars.ts'

const PATH = '/etc/apt/apt.conf.d/52provision-mysql'
const CONTENT = `// Written by provision (role mysql); changes made here are lost.
// Regular expressions; lists add up. See unattended-upgrades(8).
Unattended-Upgrade::Package-Blacklist {
  "^mysql-(community-)?server";
};
`

/** At night nobody moves the writes before a primary is restarted, and makes it writable after. */
export const unattended = ({ mysql_unattended_upgrades: allowed }: MysqlVars): Resource =>
  allowed
    ? file({ path: PATH, state: 'absent' })
    : file({ path: PATH, content: CONTENT, mode: '0644', validate: sh`apt-config -c "$file" dump >/dev/null` })
