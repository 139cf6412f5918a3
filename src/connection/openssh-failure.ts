import type { ErrorCode, ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure, place } from './failure.ts'
import { notReached } from './openssh-way.ts'

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
  auth: 'Is the right key loaded (`ssh-add -l`) and in authorized_keys of this user? For a host that has none of them yet: --ask-password.',
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
  const jump = failedJump(host, result.stderr)
  if (jump !== undefined) {
    const connection = { ...jump.connection, jumps: [] }
    const cause = opensshFailure({ ...jump, connection }, { ...result, stderr: lines.slice(0, -1).join('\n') })
    return notReached(host, cause)
  }
  const [words, code] = WORDS.find(([known]) => known.test(result.stderr)) ?? [/(?!)/, 'unreachable']
  const line = lines.findLast((one) => words.test(one)) ?? lines.at(-1)
  const changed = /HAS CHANGED/.test(result.stderr) ? 'the host key has CHANGED: ' : ''
  return failure(host, code, `ssh to ${place(host)}: ${changed}${line ?? `exit status ${result.status}`}`, {
    hint: HINTS[code],
    log: lines.slice(-12),
  })
}

/**
 * The jump host that did not let through: then the ssh to the host itself has nobody to talk to, and the one to the jump
 * host has said why before. Where that one is in and can't connect further, it says so.
 */
function failedJump({ connection: { jumps = [] } }: Target, stderr: string): Target | undefined {
  if (!/kex_exchange_identification|banner exchange|UNKNOWN port/.test(stderr)) return undefined
  if (/stdio forwarding failed|open failed/.test(stderr)) return undefined
  // The ssh to the host speaks last: it says that it waited in vain, or that nobody was there to talk to.
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  if (/timed out during banner exchange|UNKNOWN port .*timed out/.test(last)) return undefined
  return jumps.find(({ address }) => stderr.includes(address)) ?? jumps.at(0)
}
