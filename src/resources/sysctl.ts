import { installFile } from '../shell/install-file.ts'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import { CONFIG_ATTRIBUTES, configChange, wantedConfig } from './config-file.ts'
import { type FileState, parseFiles, probeFiles } from './content.ts'
import { type Change, constructorOf, type FieldChange, type ResourceKind } from './resource.ts'

/** A kernel setting, now and after a boot: one file in /etc/sysctl.d for each. */
export interface Sysctl {
  /** `net.ipv4.ip_forward`; a name with dots in it as sysctl.d(5) has it: `net/ipv4/conf/eth0.100/rp_filter`. */
  readonly name: string
  /** Needed unless absent. Blanks and tabs between several values are alike. */
  readonly value?: string | number
  /** Absent: the file goes; the kernel keeps the value until the next boot. */
  readonly state?: 'present' | 'absent'
}

export interface SysctlState {
  readonly file: FileState
  /** Value in the kernel; undefined: this kernel (or this container) has no such setting. */
  readonly live: string | undefined
}

/** The first separator says which one the name uses, as sysctl.d(5) has it; the other one is then its opposite. */
function procPath(name: string): string {
  const swap: Readonly<Record<string, string>> = { '.': '/', '/': '.' }
  const separator = /[./]/.exec(name)?.[0]
  return `/proc/sys/${separator === '.' ? name.replace(/[./]/g, (one) => swap[one] ?? one) : name}`
}

const filePath = ({ name }: Sysctl): string => `/etc/sysctl.d/60-provision-${name.replaceAll('/', '_')}.conf`

const normal = (value: string | number): string => String(value).trim().replace(/\s+/g, ' ')

const contentOf = (desired: Sysctl): string | undefined =>
  desired.state === 'absent' ? undefined : `${desired.name} = ${normal(desired.value ?? '')}\n`

const wanted = (all: readonly Sysctl[]) => all.map((one) => wantedConfig(filePath(one), contentOf(one)))

/**
 * One grep reads all live values: procps may be missing, and dash's `read` asks byte by byte, which most of /proc/sys
 * answers with the first byte only. Settings that are missing or write-only are passed over.
 */
function probe(all: readonly Sysctl[]): Script {
  return joinScripts([
    probeFiles(wanted(all)),
    sh`grep -s '' -- ${all.map((one) => procPath(one.name))} /dev/null || true`,
  ])
}

function parse(answer: string, all: readonly Sysctl[]): Map<string, SysctlState> {
  const files = parseFiles(answer, wanted(all))
  const lines = answer.split('\n')
  return new Map(
    all.map((one) => {
      const prefix = `${procPath(one.name)}:`
      const found = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
      const live = found.length === 0 ? undefined : normal(found.join(' '))
      return [one.name, { file: files.get(filePath(one)) ?? 'absent', live }]
    }),
  )
}

function diff(desired: Sysctl, actual: SysctlState | 'absent'): Change<Sysctl, SysctlState> | undefined {
  const { file, live }: SysctlState = actual === 'absent' ? { file: 'absent', live: undefined } : actual
  const config = configChange(filePath(desired), file, contentOf(desired))
  const fields = [...(desired.state === 'absent' ? lasting(config !== undefined, live) : living(desired, live))]
  if (!config && fields.length === 0) return undefined
  const action = desired.state === 'absent' ? 'delete' : file === 'absent' ? 'create' : 'update'
  return { action, desired, actual, fields: [...fields, ...(config?.fields ?? [])], texts: config?.texts }
}

const living = (desired: Sysctl, live: string | undefined): FieldChange[] => {
  const to = normal(desired.value ?? '')
  return live === to ? [] : [{ field: 'value', from: live ?? 'no such setting in this kernel', to }]
}

const lasting = (changes: boolean, live: string | undefined): FieldChange[] =>
  changes && live !== undefined ? [{ field: 'value', from: live, to: `${live} until the next boot` }] : []

function apply(changes: readonly Change<Sysctl, SysctlState>[]): Script {
  return joinScripts(changes.map(({ desired }) => (desired.state === 'absent' ? remove(desired) : set(desired))))
}

/** The kernel first: it refuses what it does not know, and then nothing is written for the next boot either. */
const set = (desired: Sysctl): Script =>
  joinScripts([
    sh`name=${desired.name} live=${procPath(desired.name)} value=${normal(desired.value ?? '')}`,
    rawScript(
      [
        'fail() { printf "provision: sysctl %s: %s\\n" "$name" "$1"; exit 1; }',
        '[ -e "$live" ] || fail "no such setting in this kernel (its module is not loaded, or a container hides it)"',
        'now=$(cat -- "$live" | tr -s "[:space:]" " ") || now=',
        'if [ "${now% }" != "$value" ]; then',
        '  printf "%s\\n" "$value" | tee -- "$live" >/dev/null ||',
        '    fail "the kernel does not take $value (out of range, or read-only in a container)"',
        'fi',
      ].join('\n'),
    ),
    installFile({
      path: filePath(desired),
      content: contentOf(desired) ?? '',
      ...CONFIG_ATTRIBUTES,
    }),
  ])

const remove = (desired: Sysctl): Script => sh`
  rm -f -- ${filePath(desired)}
  printf 'provision: sysctl %s keeps its present value until the next boot\n' ${desired.name}
`

export const sysctlKind: ResourceKind<Sysctl, SysctlState> = {
  kind: 'sysctl',
  key: (desired) => desired.name,
  shared: (all) => ({ files: wanted(all) }),
  probe,
  parse,
  diff,
  apply,
}

const construct = constructorOf(sysctlKind)

/**
 * Declares a kernel setting: `sysctl({ name: 'net.core.somaxconn', value: 4096 })`.
 * @throws RangeError for a name that leads out of /proc/sys, and for no value
 */
export const sysctl: typeof construct = (input) => {
  const parts = procPath(input.name).split('/').slice(3)
  if (!/^[A-Za-z0-9_./:@-]+$/.test(input.name) || parts.some((part) => ['', '.', '..'].includes(part))) {
    throw new RangeError(`${JSON.stringify(input.name)} is not the name of a kernel setting`)
  }
  if (input.state !== 'absent' && (input.value === undefined || /[\n\0]/.test(String(input.value)))) {
    throw new RangeError(`sysctl ${input.name} needs a value of one line`)
  }
  return construct(input)
}
