import { ProvisionError } from '../../errors.ts'
import { constructorOf } from '../constructor.ts'
import type { Change, FieldChange, ResourceKind } from '../resource.ts'
import { apply } from './apply.ts'
import { CONF, oldFile, PROC, procPath, SYSCTL, type Sysctl, type SysctlState, settingName } from './model.ts'
import { parse, probe, reads } from './probe.ts'
import { isSameValue, normal } from './value.ts'

export type { Sysctl, SysctlState } from './model.ts'

const NOTHING: SysctlState = {
  live: undefined,
  access: 'read-write',
  boot: undefined,
  hasOldFile: false,
  others: [],
  fileFields: [],
  declared: [],
}

const wantedValue = ({ value }: Sysctl): string => normal(value ?? '')

/** The kernel has the value, or what it made of it when it was set. */
const holds = (desired: Sysctl, { live, boot }: SysctlState): boolean =>
  live !== undefined &&
  (isSameValue(live, wantedValue(desired)) || (boot?.kept === live && boot.value === wantedValue(desired)))

function diff(desired: Sysctl, actual: SysctlState | 'absent'): Change<Sysctl, SysctlState> | undefined {
  const state = actual === 'absent' ? NOTHING : actual
  if (desired.state !== 'absent') refuse(desired, state)
  const fields = desired.state === 'absent' ? going(state) : differing(desired, state)
  if (fields.length === 0) return undefined
  const isNew = state.boot === undefined && !state.hasOldFile
  return { action: desired.state === 'absent' ? 'delete' : isNew ? 'create' : 'update', desired, actual, fields }
}

const differing = (desired: Sysctl, state: SysctlState): FieldChange[] => {
  const to = wantedValue(desired)
  const { live, access, boot, hasOldFile, misplaced, others, fileFields } = state
  return [
    ...(holds(desired, state)
      ? []
      : [{ field: 'value', from: access === 'no-directory' ? 'no such setting yet' : live, to }]),
    ...(boot?.value === to || hasOldFile ? [] : [{ field: 'at boot', from: boot?.value, to }]),
    ...(hasOldFile ? [{ field: 'file', from: oldFile(desired), to: CONF }] : []),
    ...(misplaced === undefined
      ? []
      : [{ field: 'order at boot', from: `before ${misplaced}`, to: `after ${misplaced}` }]),
    ...others
      .filter(({ rank }) => rank === 'program')
      .map(({ file, value }) => ({ field: file, from: value, to: 'not set there' })),
    ...fileFields,
  ]
}

const going = ({ live, boot, hasOldFile, fileFields }: SysctlState): FieldChange[] => [
  ...(boot === undefined && !hasOldFile
    ? []
    : [{ field: 'value', from: live, to: `${live ?? '?'} until the next boot` }]),
  ...fileFields,
]

/** Places where a setting may come to be that is not there, though others are: connection tracking's module brings its own. */
const FILLED_LATER = ['/proc/sys/net', '/proc/sys/net/netfilter', '/proc/sys/net/ipv4/netfilter']

function refuse(desired: Sysctl, state: SysctlState): void {
  const { access, live, nearest } = state
  const name = settingName(desired.name)
  const path = procPath(desired.name)
  if (access === 'write-only') {
    throw new ProvisionError(`${name} can only be written: it starts something and keeps no value`, {
      code: 'input',
      hint: 'take it out of the list; where it is to be started, a command does that',
    })
  }
  if (access === 'read-only' && !holds(desired, state)) {
    throw new ProvisionError(
      `${name} is read-only on this host and says ${live ?? 'nothing'}, not ${wantedValue(desired)}`,
      {
        code: 'input',
        hint: 'only a kernel parameter, a module option or the machine around a container can change it: take it out of the list for this host',
      },
    )
  }
  if (access === 'missing' && !FILLED_LATER.includes(path.slice(0, path.lastIndexOf('/')))) {
    const near = nearest?.startsWith(path.slice(0, path.lastIndexOf('/') + 1))
    const mean = near && nearest ? ` (did you mean ${settingName(nearest.slice(PROC.length + 1))}?)` : ''
    throw new ProvisionError(`this kernel has no setting ${name}${mean}`, {
      code: 'input',
      hint: 'correct the name, or take it out of the list for hosts whose kernel, or container, does not have it',
    })
  }
}

/** What else is written of it on the host, and what the kernel makes of it. */
function notes(desired: Sysctl, actual: SysctlState | 'absent'): string[] {
  if (actual === 'absent' || desired.state === 'absent') return []
  const { others, live, boot, access } = actual
  const kept = boot?.kept !== undefined && boot.kept === live && !isSameValue(live, wantedValue(desired))
  return [
    ...others.flatMap(({ file, value, rank }) => {
      if (rank === 'decides') return [`${file} sets it to ${value} at boot, after ${CONF}: take it out there`]
      if (rank === 'by-hand') return [`${file} sets it to ${value}: no boot reads that file, but "sysctl -p" does`]
      // What packages bring is there to be overridden.
      if (rank === 'program' || file.startsWith('/usr/')) return []
      return [`${file} sets it to ${value}, which ${CONF} overrides at boot`]
    }),
    ...(kept && boot.value === wantedValue(desired) ? [`the kernel keeps ${wantedValue(desired)} as ${live}`] : []),
    ...(access === 'missing' || access === 'no-directory'
      ? ['this kernel has no such setting now: an earlier change must bring it (a module, an interface)']
      : []),
  ]
}

export const sysctlKind: ResourceKind<Sysctl, SysctlState> = {
  kind: 'sysctl',
  key: ({ name }) => settingName(name),
  reads: () => reads,
  probe,
  parse: (answers, all) => new Map([...parse(answers, all)].map(([name, state]) => [settingName(name), state])),
  diff,
  notes,
  affects: () => false,
  apply,
  // One file for all, and what a change alters beside it is set again once.
  batch: true,
}

/**
 * Declares a kernel setting: `sysctl({ name: 'net.core.somaxconn', value: 4096 })`.
 * @throws RangeError for a name that leads out of /proc/sys, and for no value
 */
export const sysctl = constructorOf(sysctlKind, {
  fields: SYSCTL,
  check(input) {
    const parts = procPath(input.name).split('/').slice(3)
    if (!/^[A-Za-z0-9_./:@-]+$/.test(input.name) || parts.some((part) => ['', '.', '..'].includes(part))) {
      throw new RangeError(`${JSON.stringify(input.name)} is not the name of a kernel setting`)
    }
    if (input.state !== 'absent' && (input.value === undefined || /[\n\0]/.test(String(input.value)))) {
      throw new RangeError(`sysctl ${input.name} needs a value of one line`)
    }
    if (typeof input.value === 'number' && !Number.isSafeInteger(input.value)) {
      throw new RangeError(`sysctl ${input.name}: a number of this size or form is not exact: write it in quotes`)
    }
  },
})
