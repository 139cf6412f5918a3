import { nearest } from '../problems/nearest.ts'

/** What options of Ansible's programs are called here; the habit of years is in the fingers. */
const FROM_ANSIBLE: readonly (readonly [options: readonly string[], here: string])[] = [
  [['--list-hosts'], 'provision inventory --list shows the hosts, of --limit where it is given'],
  [['--list-tags'], 'tags are roles: provision inventory shows those of each tier'],
  [['--list-tasks'], '--check shows what would change on each host; it changes nothing'],
  [['--syntax-check'], '--check checks all input before it asks a host'],
  [
    ['-b', '--become', '--become-user', '--become-method'],
    'a login that is not root becomes root by sudo; connection.become in hosts.yml says otherwise',
  ],
  [['-u', '--user', '--remote-user'], 'the login name is connection.user in hosts.yml'],
  [['--private-key', '--key-file'], 'the key is connection.identity_file in hosts.yml'],
  [['-c', '--connection'], 'the transport is connection.transport in hosts.yml'],
  [
    ['--ssh-common-args', '--ssh-extra-args', '--sftp-extra-args', '--scp-extra-args'],
    'jump hosts and the like are read from ~/.ssh/config; connection in hosts.yml has the rest',
  ],
  [['-T', '--timeout'], 'the time for a login is connection.connect_timeout in hosts.yml'],
  [
    ['--vault-password-file', '--ask-vault-pass', '--vault-id', '-J'],
    'secrets are SOPS files with age keys: provision secrets --help',
  ],
  [
    ['--start-at-task', '--force-handlers'],
    'a run goes on where an earlier one ended, handlers included: just run it again',
  ],
  [['--step'], 'a run shows its plan and asks on a terminal; rollout.confirm of a tier asks before each batch'],
  [['-m', '-a', '--module-name', '--args'], 'a command on some hosts is provision exec -l web -- CMD'],
  [['--flush-cache'], 'facts are asked anew by every run'],
]

/** What to do about an option that there is not; undefined where nobody could guess. */
export function optionHint(option: string): string | undefined {
  const [name = ''] = option.split('=')
  return FROM_ANSIBLE.find(([options]) => options.includes(name))?.[1]
}

/**
 * Words on the command line that are no option and no command: the likeliest mistakes are a misspelt command and a host's
 * name without --limit.
 * @returns one sentence that says what is wrong, and what was probably meant
 */
export function strayWords(words: readonly string[], commands: readonly string[]): string {
  const [first = '', ...rest] = words
  if (/\.ya?ml$/.test(first)) {
    return `a run takes no playbook ('${first}'): what is to be is in inventories/site.yml; a part of it is chosen with --limit TIER or --tags ROLE`
  }
  const near = nearest(first, commands)
  if (near !== undefined && rest.length === 0) return `unknown command '${first}': did you mean '${near}'?`
  return `'${words.join(' ')}' is neither an option nor a command: hosts are chosen with --limit ${words.join(',')}`
}
