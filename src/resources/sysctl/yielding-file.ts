import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { joinScripts, type Script, sh } from '../../shell/script.ts'
import { constructorOf } from '../constructor.ts'
import { absolutePath } from '../content.ts'
import type { ResourceKind } from '../resource.ts'
import { assignment, bootEntries } from './boot.ts'
import { CONF, PROC, settingName } from './model.ts'
import { normal } from './value.ts'

/**
 * A file of kernel settings that another program applies by itself, as ufw does whenever it is reloaded: it sets nothing
 * otherwise than the `sysctl` resources of the host. What they don't declare is left to it.
 */
export const SYSCTL_FILE = {
  path: { description: 'Absolute.', type: 'string' },
} as const satisfies FieldSchemas

export type SysctlFile = FieldsOf<typeof SYSCTL_FILE>

export interface SysctlFileState {
  /** What it sets otherwise, by the setting's name. */
  readonly clashes: readonly { readonly name: string; readonly value: string; readonly declared: string }[]
}

export const sysctlFileKind: ResourceKind<SysctlFile, SysctlFileState> = {
  kind: 'sysctl-file',
  key: ({ path }) => absolutePath(path),
  affects: ({ path }, changed) => changed === absolutePath(path),
  probe: (all) => {
    const paths = all.map(({ path }) => absolutePath(path))
    return sh`
      for at in ${paths}; do if [ -e "$at" ]; then echo "present $at"; fi; done
      grep -as '=\|^# the kernel keeps' -- ${paths} ${CONF} /dev/null || :
    `
  },
  parse({ own }, all) {
    const lines = own.split('\n')
    const of = (path: string) =>
      lines.filter((line) => line.startsWith(`${path}:`)).map((line) => line.slice(path.length + 1))
    const ours = bootEntries(of(CONF))
    return new Map(
      all.map(({ path: written }): [string, SysctlFileState | 'absent'] => {
        const path = absolutePath(written)
        if (!lines.includes(`present ${path}`)) return [path, 'absent']
        const clashes = of(path).flatMap((line) => {
          const set = assignment(line)
          const declared = set && ours.get(set.path)?.value
          return set && declared !== undefined && declared !== normal(set.value)
            ? [{ name: settingName(set.path.slice(PROC.length + 1)), value: set.value, declared }]
            : []
        })
        return [path, { clashes }]
      }),
    )
  },
  diff(desired, actual) {
    if (actual === 'absent') {
      const fields = [{ field: 'settings', to: 'only those that no sysctl declares' }]
      return { action: 'create', desired, actual, fields }
    }
    if (actual.clashes.length === 0) return undefined
    const fields = actual.clashes.map(({ name, value, declared }) => ({
      field: name,
      from: value,
      to: `not set there (declared: ${declared})`,
    }))
    return { action: 'update', desired, actual, fields }
  },
  apply: (changes) =>
    joinScripts(
      changes.map(({ desired }) => {
        const path = absolutePath(desired.path)
        return joinScripts([sh`if [ ! -e ${path} ]; then install -m 0644 /dev/null ${path}; fi`, leaveToSysctl(path)])
      }),
    ),
}

/** `sysctlFile({ path: '/etc/ufw/sysctl.conf' })`, after the package that brings the file. */
export const sysctlFile = constructorOf(sysctlFileKind, { fields: SYSCTL_FILE })

/**
 * Takes out of a file of kernel settings, which a program applies by itself (ufw at each reload), what our file sets
 * otherwise: each such line becomes a comment. Does nothing where one of the files is not there.
 */
export const leaveToSysctl = (path: string): Script => sh`
  if [ -f ${CONF} ] && [ -f ${path} ]; then
    (
    dest=${path}; stem=${path.replace(/([^/]+)$/, '.$1.provision.')}
    rm -f -- "$stem"??????
    file=$(mktemp -- "\${stem}XXXXXX"); trap 'rm -f -- "$file"' EXIT
    awk -v note=${`# set in ${CONF}: `} ${LEAVE_OUT} ${CONF} "$dest" >"$file"
    if ! cmp -s -- "$file" "$dest"; then
      chown --reference="$dest" -- "$file"; chmod --reference="$dest" -- "$file"; sync -- "$file"
      mv -fT -- "$file" "$dest"
      sync -- ${path.replace(/\/[^/]+$/, '')}
      printf 'provision: %s does not set any more what sysctl sets otherwise\n' "$dest"
    fi
    rm -f -- "$file"; trap - EXIT
    )
  fi
`

/** A name is brought to its place in /proc/sys: the first separator says which one it uses. */
const LEAVE_OUT = [
  'function place(name,   i, c, all) {',
  '  if (!match(name, /[.\\/]/) || substr(name, RSTART, 1) == "/") return name',
  '  for (i = 1; i <= length(name); i++) { c = substr(name, i, 1); all = all (c == "." ? "/" : c == "/" ? "." : c) }',
  '  return all',
  '}',
  'function trim(text) { gsub(/^[ \\t]+|[ \\t]+$/, "", text); gsub(/[ \\t]+/, " ", text); return text }',
  '{ at = index($0, "="); key = "" }',
  '/^[ \\t]*[^#; \\t]/ && at > 1 { key = trim(substr($0, 1, at - 1)); sub(/^- */, "", key); key = place(key); value = trim(substr($0, at + 1)) }',
  'FILENAME == ARGV[1] { if (key != "") ours[key] = value; next }',
  'key in ours && ours[key] != value { print note $0; next }',
  '{ print }',
].join('\n')
