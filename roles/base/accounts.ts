import { authorizedKeys, file, type Nested, type Resource, type RoleInput, sh, user } from 'provision'
import type { BaseVars } from './vars.ts'

type Admins = BaseVars['admin_users']

/** sudo passes over names in sudoers.d that have a dot or end in `~`. */
const SUDOERS = '/etc/sudoers.d/90-provision'

/** Administrators, their keys, and what they may do as root. */
export function accounts(vars: BaseVars, template: RoleInput<BaseVars>['template']): Nested<Resource> {
  const { admin_users: admins } = vars
  const keysFile = vars.ssh_manage ? keysFileOf(vars.ssh_options) : undefined
  const mighty = admins.filter((admin) => admin.state === 'present' && admin.sudo !== 'none')
  const gone = admins.filter((admin) => admin.state === 'absent')
  return [
    admins.filter((admin) => admin.state === 'present').map((admin) => account(admin, keysFile)),
    mighty.length === 0
      ? file({ path: SUDOERS, state: 'absent', guard: 'sudo' })
      : file({
          path: SUDOERS,
          content: template('sudoers.ejs', { admins: mighty }),
          mode: '0440',
          owner: 'root',
          group: 'root',
          validate: sh`visudo -c -f "$file"`,
          guard: 'sudo',
        }),
    // After what made them root has gone: whatever keeps an account from going, it is no administrator any more.
    gone.map(({ name, remove_home }) => user({ name, state: 'absent', ...(remove_home && { removeHome: true }) })),
  ]
}

/** Where the role itself tells sshd to look: the host does not know yet when keys are written. */
function keysFileOf(options: BaseVars['ssh_options']): string | undefined {
  const given = Object.entries(options).find(([keyword]) => keyword.toLowerCase() === 'authorizedkeysfile')?.[1]
  // Of several lines the first counts.
  return given === undefined ? undefined : String(Array.isArray(given) ? given[0] : given)
}

const account = (
  { name, keys, exclusive_keys, groups, shell, password_hash }: Admins[number],
  keysFile: string | undefined,
): Nested<Resource> => [
  user({
    name,
    shell,
    ...(groups.length > 0 && { groups }),
    ...(password_hash && { passwordHash: password_hash }),
  }),
  (keys.length > 0 || exclusive_keys) &&
    authorizedKeys({
      user: name,
      keys,
      exclusive: exclusive_keys,
      ...(keysFile !== undefined && { file: keysFile }),
    }),
]
