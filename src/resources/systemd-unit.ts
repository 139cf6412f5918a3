import { reveal, type Text } from '../masking/secret.ts'
import type { FileState } from '../observe/files.ts'
import type { Answers } from '../observe/question.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { installFile } from '../shell/install-file.ts'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import { CONFIG_ATTRIBUTES, configChange, wantedConfig } from './config-file.ts'
import { constructorOf } from './constructor.ts'
import type { Change, ResourceKind } from './resource.ts'

/** A unit file in /etc/systemd/system, or a drop-in of a unit that need not be ours. */
export const SYSTEMD_UNIT = {
  unit: { description: 'With its suffix: `app.service`, `app@.service`.', type: 'string' },
  dropIn: {
    description: 'Name of the drop-in: `UNIT.d/NAME`, ending in `.conf`. Not set: the unit file itself.',
    type: 'string',
    given: true,
  },
  content: {
    description: 'Needed unless absent. World-readable: secrets belong into an EnvironmentFile or a credential.',
    is: 'text',
    given: true,
  },
  state: {
    description: 'absent: a unit that has no other file is stopped and disabled first.',
    enum: ['present', 'absent'],
    default: 'present',
  },
  verify: {
    description:
      "false: systemd-analyze does not check it first, e.g. for keys that are newer than the host's systemd.",
    type: 'boolean',
    default: true,
  },
} as const satisfies FieldSchemas

export type SystemdUnit = FieldsOf<typeof SYSTEMD_UNIT>

export interface SystemdUnitState {
  readonly file: FileState
  /** systemd has an older file in memory: an earlier run, or a hand, changed it and did not reload. */
  readonly needsReload: boolean
}

const DIR = '/etc/systemd/system'

function pathOf({ unit, dropIn }: SystemdUnit): string {
  return dropIn === undefined ? `${DIR}/${unit}` : `${DIR}/${unit}.d/${dropIn}`
}

const contentOf = (desired: SystemdUnit): Text | undefined =>
  desired.state === 'absent' ? undefined : (desired.content ?? '')

/** A template has no state of its own that systemd could tell. */
const isTemplate = (unit: string): boolean => /@\.[a-z]+$/.test(unit)

const askable = (all: readonly SystemdUnit[]): string[] => [
  ...new Set(all.map((one) => one.unit).filter((unit) => !isTemplate(unit))),
]

function parse({ files, units }: Answers, all: readonly SystemdUnit[]): Map<string, SystemdUnitState> {
  return new Map(
    all.map((one) => {
      const path = pathOf(one)
      return [path, { file: files.get(path) ?? 'absent', needsReload: units.get(one.unit)?.needsReload ?? false }]
    }),
  )
}

function diff(
  desired: SystemdUnit,
  actual: SystemdUnitState | 'absent',
): Change<SystemdUnit, SystemdUnitState> | undefined {
  const { file, needsReload } = actual === 'absent' ? { file: 'absent' as const, needsReload: false } : actual
  const change = configChange(pathOf(desired), file, contentOf(desired))
  if (!change && !needsReload) return undefined
  const reload = needsReload ? [{ field: 'daemon-reload', from: 'needed', to: 'done' }] : []
  const action = change && desired.state === 'absent' ? 'delete' : file === 'absent' && change ? 'create' : 'update'
  return { action, desired, actual, fields: [...(change?.fields ?? []), ...reload], texts: change?.texts }
}

function apply(changes: readonly Change<SystemdUnit, SystemdUnitState>[]): Script {
  return joinScripts([
    ...changes.map(({ desired }) => (desired.state === 'absent' ? remove(desired) : install(desired))),
    rawScript('systemctl daemon-reload'),
  ])
}

const install = (desired: SystemdUnit): Script => {
  const path = pathOf(desired)
  return joinScripts([
    ...(desired.dropIn === undefined ? [] : [sh`install -d -m 0755 -- ${`${DIR}/${desired.unit}.d`}`]),
    installFile({
      path,
      content: reveal(contentOf(desired) ?? ''),
      ...CONFIG_ATTRIBUTES,
      validate: desired.verify === false ? undefined : verification(desired),
    }),
  ])
}

/**
 * systemd-analyze needs the right name: the staged file is copied under it into a directory that comes before all
 * others in the unit path; a drop-in goes beside a copy of its unit. Its exit status also tells of neighbours and of
 * advice, so its lines decide, each with its level before it. Refused is what systemd will not load or will ignore,
 * other than programs and services that a later step may bring (starting the unit proves them). Advice (a user that is
 * not safe, an old name of a setting) is told. Seen alike on systemd 252 and 257.
 */
const verification = ({ unit, dropIn }: SystemdUnit): Script => sh`
  stage=$(mktemp -d); trap 'rm -rf -- "$stage"' EXIT
  unit=${unit} dropin=${dropIn ?? ''}
  if [ -z "$dropin" ]; then
    cp -- "$file" "$stage/$unit"; mine=$stage/$unit
  else
    for dir in /etc /run /usr/local/lib /usr/lib /lib; do
      if [ -f "$dir/systemd/system/$unit" ]; then cp -- "$dir/systemd/system/$unit" "$stage/$unit"; break; fi
    done
    mkdir -- "$stage/$unit.d"; mine=$stage/$unit.d/$dropin
    cp -- "$file" "$mine"
  fi
  if [ -e "$stage/$unit" ]; then
    only=; if systemd-analyze --help | grep -q recursive-errors; then only=--recursive-errors=no; fi
    found=$(cd "$stage" && SYSTEMD_UNIT_PATH="$stage:" SYSTEMD_LOG_LEVEL=notice SYSTEMD_LOG_TARGET=console-prefixed timeout 60 systemd-analyze verify --man=no $only "./$unit" 2>&1) || true
    said=$(printf '%s\n' "$found" |
      grep -vE 'is not executable: No such file|not loaded, socket cannot be started|Failed to create [^ ]*/start: ' |
      grep -F -e "$mine:" -e "$unit: " -e "Unit $unit has" | sed "s|$stage|/etc/systemd/system|" || true)
    # A level is syslog's, with the facility: 0 to 3 of each eight are errors.
    bad='^<[0-9]*>.*[Ii]gnoring|^<([0-3]|8|9|1[01]|2[4-7])>|^[^<]'
    printf '%s\n' "$said" | grep -vE -e "$bad" -e '^$' | sed 's/^<[0-9]*>/provision: warning: /' || true
    if printf '%s\n' "$said" | grep -E -e "$bad" | sed 's/^<[0-9]*>//' | grep .; then
      printf 'provision: %s is refused by systemd-analyze verify\n' "$dest"
      exit 1
    fi
  else
    printf 'provision: %s is not checked, %s is not installed yet\n' "$dest" "$unit"
  fi
`

/** Links in *.wants/ would dangle, and a unit without a file could not be asked to stop. */
const remove = (desired: SystemdUnit): Script => {
  const { unit, dropIn } = desired
  const path = pathOf(desired)
  if (dropIn !== undefined) {
    const dir = `${DIR}/${unit}.d`
    return sh`
      rm -f -- ${path}
      if [ -d ${dir} ]; then rmdir --ignore-fail-on-non-empty -- ${dir}; fi
    `
  }
  const running = isTemplate(unit) ? unit.replace('@.', '@*.') : unit
  return sh`
    if [ -f ${path} ] && [ ! -e ${`/usr/lib/systemd/system/${unit}`} ] && [ ! -e ${`/usr/local/lib/systemd/system/${unit}`} ]; then
      systemctl stop -- ${running}
      systemctl -q disable -- ${unit} 2>/dev/null || true
    fi
    rm -f -- ${path}
  `
}

export const systemdUnitKind: ResourceKind<SystemdUnit, SystemdUnitState> = {
  kind: 'systemd-unit',
  key: pathOf,
  reads: (all) => ({ files: all.map((one) => wantedConfig(pathOf(one), contentOf(one))), units: askable(all) }),
  parse,
  diff,
  affects: (desired, path) => path === pathOf(desired),
  apply,
}

/**
 * Declares a unit file or a drop-in, and has systemd read it anew when it changes:
 * `systemdUnit({ unit: 'nginx.service', dropIn: 'limits.conf', content: '[Service]\nLimitNOFILE=65536\n' })`.
 * @throws RangeError for names that systemd would not read, and for no content
 */
export const systemdUnit = constructorOf(systemdUnitKind, {
  fields: SYSTEMD_UNIT,
  check(input) {
    const { unit, dropIn } = input
    if (!/^[A-Za-z0-9:_.\\@-]+\.(service|socket|target|timer|mount|automount|path|slice|swap)$/.test(unit)) {
      throw new RangeError(`${JSON.stringify(unit)} is not the full name of a unit`)
    }
    if (dropIn !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\.conf$/.test(dropIn)) {
      throw new RangeError(`drop-in ${JSON.stringify(dropIn)} of ${unit} is not a name ending in .conf`)
    }
    if (input.state !== 'absent' && input.content === undefined) {
      throw new RangeError(`systemd unit ${unit} needs a content`)
    }
  },
})
