import { ProvisionError } from '../../errors.ts'
import { rawScript, type Script, sh } from '../../shell/script.ts'
import { accountName, records } from '../account.ts'
import { constructorOf, type FieldChange, type ResourceKind } from '../resource.ts'
import { applyKeys, deadManForKeys } from './apply.ts'
import { describeKey, type KeyLine, parseKeyLine } from './line.ts'
import { AUTHORIZED_KEYS, type AuthorizedKeys, type KeysState, keysOf } from './model.ts'

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
  return accountName(desired.user, 'user')
}

/**
 * The keys that let one user in: ~/.ssh/authorized_keys, compared by key and options, whatever their comments. The
 * home is looked up when the change is made, so the user may be made before it in the same run.
 */
export const authorizedKeyKind: ResourceKind<AuthorizedKeys, KeysState> = {
  kind: 'authorized-key',
  key: keyOf,
  probe,
  parse(answer, all) {
    if (!/^end$/m.test(answer)) throw new Error('the answer about authorized keys is cut short')
    const found = new Map(records(answer, 'keys').map(([name = '', ...rest]) => [name, rest]))
    return new Map(all.map(({ user }) => [user, stateOf(found.get(user))]))
  },
  diff(desired, actual) {
    const state = actual === 'absent' ? NOTHING : actual
    const fields = [...keyChanges(desired, state), ...(desired.state === 'absent' ? [] : flawChanges(state))]
    if (fields.length === 0) return undefined
    const action = desired.state === 'absent' ? 'delete' : state.keys.length === 0 ? 'create' : 'update'
    return { action, desired, actual, fields }
  },
  apply: applyKeys,
  deadMan: deadManForKeys,
}

/** The keys that let one user in over SSH. */
export const authorizedKeys = constructorOf(authorizedKeyKind, { fields: AUTHORIZED_KEYS })

const NOTHING: KeysState = { keys: [], others: [], flaws: [] }

function probe(all: readonly AuthorizedKeys[]): Script {
  return sh`
    { getent passwd -- ${all.map((desired) => desired.user)} || [ $? = 2 ]; } | ${READ}
    echo end`
}

/** Nothing is read through a symlink: its owner could point it at a file that only root may read. */
const READ = rawScript(
  [
    'while IFS=: read -r name _ uid _ _ home _; do',
    '  dir=$home/.ssh; file=$dir/authorized_keys',
    '  if [ -L "$home/.ssh" ] || [ -L "$file" ]; then',
    `    printf 'keys %s:%s:symlink\\n' "$name" "$uid"`,
    '  elif [ -f "$file" ]; then',
    '    set -- $(stat -c %u:%a -- "$dir" "$file")',
    `    printf 'keys %s:%s:%s:%s:' "$name" "$uid" "$1" "$2"`,
    '    head -c 1048576 -- "$file" | base64 -w0; echo',
    '  fi',
    'done',
  ].join('\n'),
)

const stateOf = (record: readonly string[] | undefined): KeysState | 'absent' => {
  if (record === undefined) return 'absent'
  const [uid, dirOwner, dirMode, owner, mode, base64 = ''] = record
  if (dirOwner === 'symlink') return { ...NOTHING, flaws: ['a symlink'] }
  const flaws = [
    ...(dirOwner === uid ? [] : [`~/.ssh of uid ${dirOwner}`]),
    ...(dirMode === '700' ? [] : [`~/.ssh mode ${dirMode}`]),
    ...(owner === uid ? [] : [`file of uid ${owner}`]),
    ...(mode === '600' ? [] : [`file mode ${mode}`]),
  ]
  const lines = Buffer.from(base64, 'base64').toString().split('\n')
  const others = lines.map((line) => line.trim()).filter((line) => /^[^#]/.test(line) && !parseKeyLine(line))
  return { keys: lines.flatMap((line) => parseKeyLine(line) ?? []), others, flaws }
}

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

const flawChanges = (state: KeysState): FieldChange[] =>
  state.flaws.map((flaw) => ({ field: 'access', from: flaw, to: '~/.ssh 700, file 600, both of the user' }))
