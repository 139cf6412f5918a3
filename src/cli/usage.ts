import { nearest } from '../problems/nearest.ts'

/** What options of Ansible's programs are called here; the habit of years is in the fingers. */
const FROM_ANSIBLE: readonly (readonly [options: readonly string[], here: string])[] = [
  [['-e', '--extra-vars'], 'vars are set with --var name=value, once for each'],
  [['--inventory-file'], 'the inventory is named with --inventory (-i)'],
  [
    ['--list-hosts', '--list-tasks', '--list-tags'],
    '--check shows hosts and what would change on each; it changes nothing',
  ],
  [['--syntax-check'], '--check checks all input before it asks a host'],
  [
    ['-b', '--become', '--become-user', '--become-method'],
    'a login that is not root becomes root by sudo; connection.become in hosts.yml says otherwise',
  ],
  [['--ask-become-pass'], 'sudo’s password is asked for with --ask-become-password (-K)'],
  [['-u', '--user', '--remote-user'], 'the login name is connection.user in hosts.yml'],
  [['--private-key', '--key-file'], 'the key is connection.identity_file in hosts.yml'],
  [['-c', '--connection'], 'the transport is connection.transport in hosts.yml'],
  [
    ['--ssh-common-args', '--ssh-extra-args'],
    'connection.transport: openssh in hosts.yml takes what ~/.ssh/config says',
  ],
  [['-k', '--ask-pass'], 'logins are by key or agent, not by password'],
  [['-T', '--timeout'], 'the time for a login is connection.connect_timeout in hosts.yml'],
  [['-D'], 'diffs are shown with --diff, and by --check in any case'],
  [
    ['--vault-password-file', '--ask-vault-pass', '--vault-id', '-J'],
    'secrets are SOPS files with age keys: provision secrets --help',
  ],
  [['--skip-tags'], '--tags takes globs and says which roles are in, e.g. --tags "!(base)"'],
  [
    ['--start-at-task', '--step', '--force-handlers'],
    'a run goes on where an earlier one ended, handlers included: just run it again',
  ],
  [['-m', '-a', '--module-name', '--args'], 'there are no commands ad hoc'],
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
  const near = nearest(first, commands)
  if (near !== undefined && rest.length === 0) return `unknown command '${first}': did you mean '${near}'?`
  return `'${words.join(' ')}' is neither an option nor a command: hosts are chosen with --limit ${words.join(',')}`
}
