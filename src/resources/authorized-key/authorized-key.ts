import { ProvisionError } from '../../errors.ts'
import { accountName } from '../account.ts'
import { constructorOf } from '../constructor.ts'
import type { FieldChange, ResourceKind } from '../resource.ts'
import { applyKeys, autoRevertForKeys } from './apply.ts'
import { describeKey, type KeyLine } from './line.ts'
import { AUTHORIZED_KEYS, type AuthorizedKeys, type KeysState, keysOf } from './model.ts'
import { parseKeys, probeKeys } from './probe.ts'

export type { AuthorizedKeys, KeysState } from './model.ts'

const keyOf = (desired: AuthorizedKeys): string => {
  const seen = new Set<string>()
  for (const { blob, type } of keysOf(desired)) {
    if (seen.has(blob)) {
      throw new ProvisionError(`a ${type} key of ${desired.user} is declared twice: …${blob.slice(-12)}`, {
        code: 'input',
      })
    }
    seen.add(blob)
  }
  if (desired.file !== undefined) checkPatterns(desired.user, desired.file)
  return accountName(desired.user, 'user')
}

const checkPatterns = (user: string, patterns: string): void => {
  const wrong = /[^\x21-\x7e ]|["*?[\]]|%(?![uhU%])/.test(patterns) || patterns.trim() === ''
  if (!wrong && patterns.trim() !== 'none') return
  throw new ProvisionError(`AuthorizedKeysFile ${JSON.stringify(patterns)} gives no place for the keys of ${user}`, {
    code: 'input',
    hint: 'a path, absolute or in the home, with %u, %h and %U, such as /etc/ssh/authorized_keys/%u',
  })
}

/**
 * The keys that let one user in: the files where sshd looks, ~/.ssh/authorized_keys and authorized_keys2 unless it is
 * told otherwise, compared by key and options, whatever their comments. The
 * home is looked up when the change is made, so the user may be made before it in the same run.
 */
export const authorizedKeyKind: ResourceKind<AuthorizedKeys, KeysState> = {
  kind: 'authorized-key',
  key: keyOf,
  probe: probeKeys,
  parse: ({ own }, all) => parseKeys(own, all),
  affects: () => false,
  notes(desired, actual) {
    const program = actual === 'absent' ? undefined : actual.program
    return program === undefined || !desired.exclusive || desired.state === 'absent'
      ? []
      : [`sshd also takes keys from a program, ${program} (AuthorizedKeysCommand): the list is not exclusive of those`]
  },
  diff(desired, actual) {
    const state = actual === 'absent' ? NOTHING : actual
    refusePlaces(desired, state)
    const fields = [...keyChanges(desired, state), ...(desired.state === 'absent' ? [] : flawChanges(state))]
    if (fields.length === 0) return undefined
    const action = desired.state === 'absent' ? 'delete' : state.keys.length === 0 ? 'create' : 'update'
    return { action, desired, actual, fields }
  },
  apply: applyKeys,
  autoRevert: autoRevertForKeys,
}

/** The keys that let one user in over SSH. */
export const authorizedKeys = constructorOf(authorizedKeyKind, { fields: AUTHORIZED_KEYS })

const NOTHING: KeysState = { keys: [], others: [], flaws: [] }

const keyChanges = (desired: AuthorizedKeys, state: KeysState): FieldChange[] => {
  const wanted = keysOf(desired)
  const same = (list: readonly KeyLine[], { type, blob }: KeyLine) =>
    list.filter((other) => other.type === type && other.blob === blob)
  if (desired.state === 'absent') {
    return wanted.flatMap((key) => same(state.keys, key)).map((key) => ({ field: 'key', from: describeKey(key) }))
  }
  const added = wanted.flatMap((key): FieldChange[] => {
    const present = same(state.keys, key)
    // The same key twice, once with fewer options, would let in by the first line.
    const [other = present[0]] = present.filter((one) => one.options !== key.options)
    if (other !== undefined && other.options === key.options) return []
    return [{ field: 'key', from: other && describeKey(other), to: describeKey(key) }]
  })
  if (!desired.exclusive) return added
  const extra = state.keys.filter((key) => same(wanted, key).length === 0).map(describeKey)
  return [...added, ...[...extra, ...state.others].map((from) => ({ field: 'key', from }))]
}

const flawChanges = ({ flaws, isRoots }: KeysState): FieldChange[] =>
  flaws.map((flaw) => ({
    field: 'access',
    from: flaw,
    to: isRoots ? 'file 644 of root' : '~/.ssh 700, file 600, both of the user',
  }))

/** @throws ProvisionError where sshd would not read what is written, or somebody else could write it */
function refusePlaces({ user, state }: AuthorizedKeys, { places = [], isRoots, flaws }: KeysState): void {
  const refused = (message: string, hint: string) => new ProvisionError(message, { code: 'input', hint })
  if (places.includes('?')) {
    throw refused(
      `it is not known where sshd looks for keys of ${user}`,
      'see on the host: sshd -t, and AuthorizedKeysFile in sshd -T; %h, %u and %U are understood',
    )
  }
  if (places[0] === 'none' && state !== 'absent') {
    throw refused(
      `sshd takes no file of keys for ${user}: AuthorizedKeysFile is none`,
      'set it to a path, or leave the keys out',
    )
  }
  const [place = ''] = places
  if (isRoots && flaws.some((flaw) => flaw.startsWith('folder'))) {
    throw refused(
      `others than root can write to the folder of ${place}`,
      "make it root's, mode 0755: sshd refuses it otherwise",
    )
  }
  if (!isRoots && flaws.includes('a symlink on the way')) {
    throw refused(
      `the folder of the keys of ${user} is a symlink: it is not followed`,
      'make it a directory of the user',
    )
  }
}
