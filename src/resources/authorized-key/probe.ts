import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { records } from '../account.ts'
import { parseKeyLine } from './line.ts'
import type { AuthorizedKeys, KeysState } from './model.ts'
import { PLACES_LIBRARY } from './places.ts'

/** One call of getent for all users; sshd is asked only where its files say something about keys. */
export function probeKeys(all: readonly AuthorizedKeys[]): Script {
  const declared = all.flatMap(({ user, file }) => (file === undefined ? [] : [sh`${user}) patterns=${file} ;;`]))
  return joinScripts([
    PLACES_LIBRARY,
    rawScript('key_config'),
    sh`{ getent passwd -- ${all.map((desired) => desired.user)} || [ $? = 2 ]; } | while IFS=: read -r name _ uid _ _ home _; do`,
    rawScript(['  patterns=; program=none', '  case $name in'].join('\n')),
    ...declared,
    rawScript('  esac'),
    READ,
    rawScript('done\necho end'),
  ])
}

/** Nothing is read through a symlink in a home: its owner could point it at a file that only root may read. */
const READ = rawScript(
  [
    '  if [ -z "$patterns" ]; then key_says; told=$key_config; else told=declared; fi',
    '  key_places',
    `  case $places in "\${home%/}"/*) whose=home ;; *) whose=root ;; esac`,
    '  if [ "$told" != default ]; then',
    `    printf 'places %s:%s:%s:%s\\n' "$name" "$whose" "$(printf %s "$places" | base64 -w0)" "$(printf %s "$program" | base64 -w0)"`,
    '  fi',
    '  count=0; set -f; IFS=$nl',
    '  for file in $places; do',
    '    IFS=$ifs; set +f',
    `    count=$((count + 1)); dir=\${file%/*}`,
    `    case $file in "\${home%/}"/*) linked=$dir ;; *) linked= ;; esac`,
    '    if [ -n "$linked" ] && [ -L "$linked" ]; then',
    `      printf 'keys %s:%s:folder:::::%s\\n' "$name" "$uid" "$count"`,
    '    elif [ -L "$file" ]; then',
    `      printf 'keys %s:%s:symlink:::::%s\\n' "$name" "$uid" "$count"`,
    '    elif [ -f "$file" ]; then',
    '      set -- $(stat -L -c %u:%a -- "$dir" "$file")',
    `      printf 'keys %s:%s:%s:%s:' "$name" "$uid" "$1" "$2"`,
    `      head -c 1048576 -- "$file" | base64 -w0; printf ':%s\\n' "$count"`,
    '    fi',
    '  done',
    '  IFS=$ifs; set +f',
  ].join('\n'),
)

/** @throws Error when the answer is not what the probe prints. */
export function parseKeys(answer: string, all: readonly AuthorizedKeys[]): Map<string, KeysState | 'absent'> {
  if (!/^end$/m.test(answer)) throw new Error('the answer about authorized keys is cut short')
  const files = records(answer, 'keys')
  const places = new Map(records(answer, 'places').map(([name = '', ...rest]) => [name, rest]))
  return new Map(
    all.map(({ user }) => {
      const own = files.flatMap(([name, ...rest]) => (name === user ? [rest] : []))
      return [user, stateOf(own, places.get(user))]
    }),
  )
}

const decoded = (base64 = ''): string => Buffer.from(base64, 'base64').toString()

function stateOf(files: readonly string[][], place: readonly string[] | undefined): KeysState | 'absent' {
  if (files.length === 0 && place === undefined) return 'absent'
  const [whose, places, program = ''] = place ?? []
  const isRoots = whose === 'root'
  const lines = files.flatMap(([, , , , , content]) => decoded(content).split('\n'))
  const others = lines.map((line) => line.trim()).filter((line) => /^[^#]/.test(line) && !parseKeyLine(line))
  return {
    keys: lines.flatMap((line) => parseKeyLine(line) ?? []),
    others,
    flaws: files.flatMap((file) => ((file[6] ?? '1') === '1' ? flawsOf(file, isRoots) : [])),
    ...(places !== undefined && {
      places: decoded(places)
        .split('\n')
        .filter((place) => place !== ''),
    }),
    ...(isRoots && { isRoots }),
    ...(decoded(program) !== '' && decoded(program) !== 'none' && { program: decoded(program) }),
  }
}

/** Of the file that keys are written to. */
function flawsOf([uid, dirOwner = '', dirMode = '', owner, mode]: readonly string[], isRoots: boolean): string[] {
  if (dirOwner === 'folder') return ['a symlink on the way']
  if (dirOwner === 'symlink') return ['a symlink']
  if (isRoots) {
    const open = dirOwner !== '0' || (Number.parseInt(dirMode, 8) & 0o022) !== 0
    return [
      ...(open ? [`folder of uid ${dirOwner} mode ${dirMode}`] : []),
      ...(owner === '0' ? [] : [`file of uid ${owner}`]),
      ...(mode === '644' ? [] : [`file mode ${mode}`]),
    ]
  }
  return [
    ...(dirOwner === uid ? [] : [`~/.ssh of uid ${dirOwner}`]),
    ...(dirMode === '700' ? [] : [`~/.ssh mode ${dirMode}`]),
    ...(owner === uid ? [] : [`file of uid ${owner}`]),
    ...(mode === '600' ? [] : [`file mode ${mode}`]),
  ]
}
