import type { ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { reveal } from '../masking/secret.ts'
import { failure } from './failure.ts'

/** What is sent so that a script runs as root. */
export interface RootCommand {
  /**
   * The only text in an argument vector: fixed, whatever the script, the password and the host. It is read by the
   * user's login shell, so it keeps to what sh, bash, zsh, fish and csh read alike: one pair of single quotes, and
   * inside no single quote, no newline, no double backslash, and no exclamation mark but in `$!;`.
   */
  readonly command: string
  /** Everything for standard input. */
  readonly input: string
}

/** What a command left behind that did not become a root shell. */
export interface Refusal {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Exit statuses of our own part of the command; they count only when the script never began. */
const NO_SUDO = 97
const NO_FIFO = 98

/** sudo drops the environment; the address we come from is needed by checks that must not lock us out. */
const ROOT_SH = 'env SSH_CONNECTION="$SSH_CONNECTION" sh'

const SUDO = `sh -c 'command -v sudo >/dev/null || exit ${NO_SUDO}; LC_ALL=C exec sudo -n -- ${ROOT_SH}'`

/**
 * sudo-rs takes the end of its input for an empty password and tries that, two times more. Input that is longer than
 * a PAM answer (512 bytes; see read_unbuffered in its src/pam/rpassword.rs) it does not try: enough for two refusals.
 */
const TOO_LONG = 1100

/**
 * sudo with a password. Standard input is one line with the password, then the script. The line is taken by the read
 * builtin and handed to sudo on a pipe that holds nothing else: a wrong password finds the end of the pipe at the
 * second try, and where sudo asks for none (NOPASSWD, just asked) the line is never read by anyone, least of all by
 * the shell. The script takes another way, a FIFO in a private directory, which sudo's shell opens as its script; so
 * prompts, which differ between sudo and sudo-rs and between languages, need not be looked at.
 * The FIFO lies in memory where possible: a full disk must not be what keeps us from repairing it.
 * `cat` waits for a reader that never comes when sudo refuses; it is ended, and the directory removed, in every case.
 */
const SUDO_WITH_PASSWORD = `sh -c '${[
  // Of a variable that the login's environment exports, a new value would be exported too.
  'set +a; unset p d t c f s; umask 077; IFS= read -r p',
  `command -v sudo >/dev/null || exit ${NO_SUDO}`,
  'd=; for t in /dev/shm /tmp /var/tmp "$HOME"; do d=$(mktemp -d "$t/.provision.XXXXXXXX" 2>/dev/null) && break; done',
  `[ -n "$d" ] || exit ${NO_FIFO}`,
  'trap "exit 129" HUP INT TERM',
  'trap "rm -rf \\"$d\\"" EXIT',
  `mkfifo "$d/s" || exit ${NO_FIFO}`,
  'exec 3<&0; cat <&3 >"$d/s" & c=$!',
  `f="%s\\n"; case $(sudo -V 2>/dev/null) in *sudo-rs*) f="%s\\n%0${TOO_LONG}d";; esac`,
  `printf "$f" "$p" | LC_ALL=C sudo -S -p "" -- ${ROOT_SH} "$d/s" 3<&-; s=$?`,
  'kill $c 2>/dev/null; exit $s',
].join('; ')}'`

/** What the line begins with that proves that the script runs, and as whom: its uid follows. */
export const rootMarker = (nonce: string): string => `@@${nonce} root `

/**
 * The script, preceded by that line on both outputs: what a login prints of its own comes before it. Who logs in as
 * root is root; sudo's `runas_default` may name another user, so the rest is asked.
 */
const marked = (nonce: string, script: string, user: string) =>
  [
    `provision_uid=${user === 'root' ? '0' : '$(id -u)'}`,
    `printf '${rootMarker(nonce)}%s\\n' "$provision_uid" >&2`,
    `printf '${rootMarker(nonce)}%s\\n' "$provision_uid"`,
    script,
  ].join('\n')

/**
 * How a script gets to a root shell.
 * @param nonce random word, so that nothing a host prints can be taken for the marker
 * @throws ProvisionError become: the password has a line break or NUL, which no prompt takes.
 */
export function rootCommand(host: Target, nonce: string, script: string): RootCommand {
  const { user, become, becomePassword } = host.connection
  const body = marked(nonce, script, user)
  if (become === 'none' || user === 'root') return { command: 'sh', input: body }
  if (becomePassword === undefined) return { command: SUDO, input: body }
  const password = reveal(becomePassword)
  if (/[\n\r\0]/.test(password)) throw failure(host, 'become', 'the become password is more than one line')
  // Where sudo did not ask, the password still lies on standard input: no command of the script may read it.
  return { command: SUDO_WITH_PASSWORD, input: `${password}\nexec </dev/null\n${body}` }
}

/** @returns a failure when the script runs as somebody else. */
export function notRoot(host: Target, uid: string): ProvisionError | undefined {
  if (uid === '0') return undefined
  return failure(host, 'become', `${host.connection.user} is not root on ${host.name}, and become is none`, {
    hint: 'Set `become: sudo` for this host, or log in as root.',
  })
}

/**
 * Why there is no root shell. That there is none is known from the missing marker; sudo's words (in English: LC_ALL=C)
 * only choose the explanation, and are shown where they are not known.
 */
export function noRoot(host: Target, raw: Refusal): ProvisionError {
  const { user, become, becomePassword } = host.connection
  const log = `${raw.stdout}\n${raw.stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-5)
  const no = (message: string, hint?: string) => failure(host, 'become', message, { hint, log })
  if (become === 'none' || user === 'root') {
    return no(
      `the login shell of ${user} did not start sh (exit status ${raw.status})`,
      'Does the account have a login shell, and does sshd not force another command?',
    )
  }
  if (raw.status === NO_SUDO) return no('sudo is not installed', 'Install it, or log in as root.')
  if (raw.status === NO_FIFO) return no('no directory can be written for the way to sudo: is every disk full?')
  // sudo; sudo-rs 0.2 says "I'm sorry <user>. I'm afraid I can't do that".
  if (/not in the sudoers|not allowed to|may not run|I'm sorry/.test(raw.stderr)) {
    return no(`${user} may not become root with sudo`, 'Add the user to sudoers (on Debian: to the group sudo).')
  }
  // sudo: "a password is required"; sudo-rs: "interactive authentication is required".
  if (becomePassword === undefined && /(password|authentication) is required/.test(raw.stderr)) {
    return no(
      `sudo asks for the password of ${user} and none was given`,
      'Give it with --ask-become-password or become_password_file, or allow NOPASSWD in sudoers.',
    )
  }
  // sudo: "incorrect password attempt"; sudo-rs: "Authentication failed", "incorrect authentication attempt".
  if (/incorrect (password|authentication)|authentication fail/i.test(raw.stderr)) {
    return no(`sudo does not accept the password of ${user}`, 'It was tried once. Correct it before the next run.')
  }
  return no(`sudo gave no root shell (exit status ${raw.status})${log.length > 0 ? `: ${log.at(-1)}` : ''}`)
}
