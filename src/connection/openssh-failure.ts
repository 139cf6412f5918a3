import type { ErrorCode, ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure, place } from './failure.ts'

/** ssh says everything with exit status 255; its words (LC_ALL=C) are all there is to tell failures apart. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known for|REVOKED HOST KEY/i,
    'host-key',
  ],
  [/Permission denied|Too many authentication failures|no mutual signature/i, 'auth'],
  [/Could not resolve hostname|Name or service not known/i, 'dns'],
  [/Connection refused/i, 'refused'],
  [/timed out|Operation timed out/i, 'timeout'],
]

const HINTS: Partial<Record<ErrorCode, string>> = {
  'host-key': '`provision trust` shows the keys of hosts, to be compared with their consoles, and records them.',
  auth: 'Is the right key loaded (`ssh-add -l`) and in authorized_keys of this user? The ssh program asks for no passphrase or password here: --ask-password is for `transport: ssh`.',
  refused: 'Is sshd running there, and on this port?',
}

/** What a failed login with ssh means, as best its last words tell. */
export function opensshFailure(
  host: Target,
  result: { readonly status: number; readonly stderr: string },
): ProvisionError {
  const lines = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const code = WORDS.find(([words]) => words.test(result.stderr))?.[1] ?? 'unreachable'
  const changed = /HAS CHANGED/.test(result.stderr) ? 'the host key has CHANGED: ' : ''
  return failure(host, code, `ssh to ${place(host)}: ${changed}${lines.at(-1) ?? `exit status ${result.status}`}`, {
    hint: HINTS[code],
    log: lines.slice(-12),
  })
}
