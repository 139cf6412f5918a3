import type { FileState, WantedFile } from '../observe/files.ts'
import type { Answers } from '../observe/question.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { installFile } from '../shell/install-file.ts'
import { joinScripts, rawScript, type Script, sh, writeBytes } from '../shell/script.ts'
import { CONFIG_ATTRIBUTES, configChange, wantedConfig } from './config-file.ts'
import { constructorOf } from './constructor.ts'
import { LOCK_WAIT, UPDATE_LISTS } from './package/lists.ts'
import type { Change, ResourceKind } from './resource.ts'

/** A source of packages in deb822 form (sources.list(5)), with the key that may sign it and nothing else. */
export const APT_REPOSITORY = {
  name: {
    description: 'Name of the files: /etc/apt/sources.list.d/NAME.sources and /etc/apt/keyrings/NAME.asc or .gpg.',
    type: 'string',
  },
  uris: { description: 'Needed unless absent.', type: 'array', items: { type: 'string' }, given: true },
  suites: {
    description: 'Needed unless absent. One that ends in `/` has no components.',
    type: 'array',
    items: { type: 'string' },
    given: true,
  },
  components: { description: '`main` and such.', type: 'array', items: { type: 'string' }, given: true },
  types: { description: '`deb`, `deb-src`.', type: 'array', items: { type: 'string' }, default: ['deb'] },
  architectures: {
    description: "Not set: all of the host's.",
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  key: {
    description: 'The signing key: armored text, or the bytes of a binary keyring.',
    is: 'string or bytes',
    given: true,
  },
  signedBy: {
    description: 'In place of `key`: a keyring that a package brings, by its absolute path.',
    type: 'string',
    given: true,
  },
  state: {
    description: 'absent: both files go. One-line files (`.list`) of others are never touched.',
    enum: ['present', 'absent'],
    default: 'present',
  },
} as const satisfies FieldSchemas

export type AptRepository = FieldsOf<typeof APT_REPOSITORY>

export interface AptRepositoryState {
  readonly sources: FileState
  /** Key files by their ending: only the one in use should be there. */
  readonly asc: FileState
  readonly gpg: FileState
}

interface Paths {
  readonly sources: string
  readonly asc: string
  readonly gpg: string
}

const pathsOf = ({ name }: AptRepository): Paths => ({
  sources: `/etc/apt/sources.list.d/${name}.sources`,
  asc: `/etc/apt/keyrings/${name}.asc`,
  gpg: `/etc/apt/keyrings/${name}.gpg`,
})

const ENDINGS = ['sources', 'asc', 'gpg'] as const

/** What each file should hold; undefined: it should not be there. */
const contentsOf = (desired: AptRepository): Record<keyof Paths, string | Uint8Array | undefined> => {
  const present = desired.state !== 'absent'
  return {
    sources: present ? sourcesOf(desired, signer(desired)) : undefined,
    asc: present && typeof desired.key === 'string' ? desired.key : undefined,
    gpg: present && desired.key instanceof Uint8Array ? desired.key : undefined,
  }
}

const signer = (desired: AptRepository): string | undefined => {
  if (desired.key === undefined) return desired.signedBy
  return typeof desired.key === 'string' ? pathsOf(desired).asc : pathsOf(desired).gpg
}

const sourcesOf = (desired: AptRepository, signedBy: string | undefined): string => {
  const fields: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['Types', desired.types ?? ['deb']],
    ['URIs', desired.uris],
    ['Suites', desired.suites],
    ['Components', desired.components],
    ['Architectures', desired.architectures],
    ['Signed-By', signedBy === undefined ? undefined : [signedBy]],
  ]
  return fields
    .filter(([, values]) => values !== undefined && values.length > 0)
    .map(([field, values]) => `${field}: ${values?.join(' ')}\n`)
    .join('')
}

const wanted = (all: readonly AptRepository[]): WantedFile[] =>
  all.flatMap((one) => ENDINGS.map((ending) => wantedConfig(pathsOf(one)[ending], contentsOf(one)[ending])))

function parse({ files }: Answers, all: readonly AptRepository[]): Map<string, AptRepositoryState> {
  const at = (path: string): FileState => files.get(path) ?? 'absent'
  return new Map(
    all.map((one) => {
      const paths = pathsOf(one)
      return [one.name, { sources: at(paths.sources), asc: at(paths.asc), gpg: at(paths.gpg) }]
    }),
  )
}

function diff(
  desired: AptRepository,
  actual: AptRepositoryState | 'absent',
): Change<AptRepository, AptRepositoryState> | undefined {
  const states = actual === 'absent' ? { sources: actual, asc: actual, gpg: actual } : actual
  const changes = ENDINGS.flatMap((ending) => {
    const path = pathsOf(desired)[ending]
    const change = configChange(path, states[ending], contentsOf(desired)[ending])
    return change ? [{ path, change }] : []
  })
  if (changes.length === 0) return undefined
  return {
    action: desired.state === 'absent' ? 'delete' : states.sources === 'absent' ? 'create' : 'update',
    desired,
    actual,
    // Three files: say which one a field is about.
    fields: changes.flatMap(({ path, change }) =>
      change.fields.map((one) => ({ ...one, field: `${one.field} of ${path}` })),
    ),
    texts: changes.flatMap(({ change }) => change.texts),
  }
}

function apply(changes: readonly Change<AptRepository, AptRepositoryState>[]): Script {
  return joinScripts(changes.map(({ desired }) => (desired.state === 'absent' ? remove(desired) : install(desired))))
}

/** The sources first: without its key a source breaks every `apt-get update`. */
const remove = (desired: AptRepository): Script => {
  const { sources, asc, gpg } = pathsOf(desired)
  return sh`rm -f -- ${sources}; rm -f -- ${[asc, gpg]}`
}

const install = (desired: AptRepository): Script => {
  const paths = pathsOf(desired)
  const contents = contentsOf(desired)
  const put = (ending: keyof Paths): Script[] => {
    const content = contents[ending]
    return content === undefined ? [] : [installFile({ path: paths[ending], content, ...CONFIG_ATTRIBUTES })]
  }
  const unused = (['asc', 'gpg'] as const).filter((ending) => contents[ending] === undefined)
  return joinScripts([
    rehearsal(desired),
    rawScript('install -d -m 0755 /etc/apt/keyrings'),
    ...put('asc'),
    ...put('gpg'),
    ...put('sources'),
    sh`rm -f -- ${unused.map((ending) => paths[ending])}`,
  ])
}

/**
 * A wrong key or address is found before anything is replaced: the repository is fetched from staged files, alone, and
 * any error or warning counts (apt-get reports success for what it could not fetch). Then apt reads all sources
 * together, because a second entry for the same archive with another key makes apt refuse every source.
 * The age of the lists is put back: one repository's update doesn't make the others fresh.
 */
const rehearsal = (desired: AptRepository): Script => {
  const { key } = desired
  const contents = contentsOf(desired)
  const ending = typeof key === 'string' ? 'asc' : 'gpg'
  return joinScripts([
    rawScript('('),
    sh`name=${desired.name}`,
    rawScript(
      [
        'fail() { printf "provision: apt repository %s: %s\\n" "$name" "$1"; exit 1; }',
        'stage=$(mktemp -d); trap \'rm -rf -- "$stage"\' EXIT',
        // apt's fetching user must be able to read the key.
        'chmod 0755 -- "$stage"; mkdir -- "$stage/alone" "$stage/parts"',
        'cp -a -- /etc/apt/sources.list.d/. "$stage/parts/"',
      ].join('\n'),
    ),
    ...(key === undefined ? [] : [writeBytes(key, sh`"$stage/key.${rawScript(ending)}"`)]),
    writeBytes(contents.sources ?? '', rawScript('"$stage/parts/$name.sources"')),
    ...(key === undefined
      ? [rawScript('cp -- "$stage/parts/$name.sources" "$stage/alone/$name.sources"')]
      : [
          rawScript(
            `sed "s|^Signed-By: .*|Signed-By: $stage/key.${ending}|" "$stage/parts/$name.sources" >"$stage/alone/$name.sources"`,
          ),
        ]),
    rawScript(
      [
        'age=$(stat -c %Y /var/lib/apt/lists)',
        UPDATE_LISTS.sh,
        'fetch() {',
        '  update_lists -o Dir::Etc::sourcelist="$stage/alone/$name.sources" -o Dir::Etc::sourceparts=/dev/null \\',
        '    -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any && return',
        '  [ -z "$lists_locked" ] || { printf "provision: %s; nothing was changed\\n" "$lists_locked"; exit 1; }',
        '  return 1',
        '}',
        'fetch || { sleep 5; fetch; } || { sleep 15; fetch; } || fail "can not be fetched or verified; nothing was changed"',
        'touch -d "@$age" /var/lib/apt/lists',
        'apt-get -q indextargets -o Dir::Etc::sourceparts="$stage/parts" >/dev/null ||',
        '  fail "does not go together with the other sources of this host; nothing was changed"',
        ')',
      ].join('\n'),
    ),
  ])
}

export const aptRepositoryKind: ResourceKind<AptRepository, AptRepositoryState> = {
  kind: 'apt-repository',
  key: (desired) => desired.name,
  reads: (all) => ({ files: wanted(all) }),
  parse,
  diff,
  affects: (desired, path) => Object.values(pathsOf(desired)).includes(path),
  apply,
  // Another apt is waited for.
  timeout: 300 + LOCK_WAIT,
}

/**
 * Declares a source of packages; its lists are there when it has been applied.
 * @example aptRepository({ name: 'mysql', uris: ['https://…'], suites: ['bookworm'], components: ['mysql-8.4-lts'], key })
 * @throws RangeError for a name that apt would not read, for values with blanks or line breaks, and for what is missing
 */
export const aptRepository = constructorOf(aptRepositoryKind, {
  fields: APT_REPOSITORY,
  check(input) {
    const bad = (why: string): never => {
      throw new RangeError(`apt repository ${JSON.stringify(input.name)}: ${why}`)
    }
    if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(input.name)) bad('only letters, digits, _, - and . make a name')
    const lists = [
      input.uris,
      input.suites,
      input.components,
      input.types,
      input.architectures,
      [input.signedBy ?? '/'],
    ]
    if (lists.some((list) => list?.some((one) => one === '' || /\s/.test(one))))
      bad('a value is empty or has a blank in it')
    if (input.key !== undefined && input.signedBy !== undefined) bad('key and signedBy exclude each other')
    if (typeof input.key === 'string' && !input.key.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
      bad('a key that is text must be armored')
    }
    if (input.state !== 'absent' && !(input.uris?.length && input.suites?.length)) bad('uris and suites are needed')
  },
})
