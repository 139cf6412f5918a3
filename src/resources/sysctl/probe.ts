import { closest } from 'fastest-levenshtein'
import type { FileState } from '../../observe/files.ts'
import type { Answers, Reads } from '../../observe/question.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { attributeChanges } from '../attributes.ts'
import { CONFIG_ATTRIBUTES } from '../config-file.ts'
import type { FieldChange } from '../resource.ts'
import { BY_HAND, bootEntries, DIRECTORIES, type FileLine, KEPT, misplacedIn, otherSettings } from './boot.ts'
import { CONF, inBootOrder, oldFile, procPath, type Sysctl, type SysctlState, UFW_CONF } from './model.ts'
import { normal } from './value.ts'

export const reads: Reads = { files: [{ path: CONF, wantContent: false }] }

/**
 * One grep reads all live values: procps may be missing, and dash's `read` asks byte by byte, which most of /proc/sys
 * answers with the first byte only. Settings that are missing or write-only are passed over there. To root, too, a
 * setting is only what its mode says, so that the shell's own tests tell which can be read and written.
 */
export function probe(all: readonly Sysctl[]): Script {
  return joinScripts([
    sh`set -- ${all.map(({ name }) => procPath(name))}`,
    sh`
      echo 'sysctl values'
      grep -as '' -- "$@" /dev/null || :
      echo 'sysctl access'
      for at do
        if [ ! -e "$at" ]; then
          if [ -d "\${at%/*}" ]; then echo "missing $at" "\${at%/*}"/*; else echo "no-directory $at"; fi
        elif [ ! -r "$at" ]; then echo "write-only $at"
        elif [ ! -w "$at" ]; then echo "read-only $at"; fi
      done
    `,
    rawScript(`set -- ${DIRECTORIES.map((dir) => `${dir}/*.conf`).join(' ')}`),
    sh`
      echo 'sysctl files'
      for at do if [ -e "$at" ]; then echo "$at"; fi; done
      echo 'sysctl lines'
      grep -as -e '^[^#;]*=' -e ${`^${KEPT}`} -- "$@" ${BY_HAND} ${UFW_CONF} /dev/null || :
    `,
  ])
}

/** @throws Error when the answer is not whole */
export function parse({ files, own }: Answers, all: readonly Sysctl[]): Map<string, SysctlState> {
  const [, ...sections] = own.split(/^sysctl (?:values|access|files|lines)\n?/m)
  const [values, access, found, lines] = sections.map((text) => text.split('\n').filter((line) => line !== ''))
  if (!values || !access || !found || !lines) throw new Error('the answer about kernel settings is cut short')
  const conf = files.get(CONF) ?? 'absent'
  const entries = bootEntries(textsOf(lines, CONF))
  const fileLines = lines.flatMap((line) => lineOf(line) ?? [])
  const declared = inBootOrder(all.filter(({ state }) => state !== 'absent'))
  const misplaced = misplacedIn(declared, entries)
  return new Map(
    all.map((one, i) => {
      const path = procPath(one.name)
      const state: SysctlState = {
        live: liveIn(values, path),
        ...accessIn(access, path),
        boot: entries.get(path),
        ...(misplaced.has(one.name) && { misplaced: misplaced.get(one.name) }),
        hasOldFile: found.includes(oldFile(one)),
        others: one.state === 'absent' ? [] : otherSettings(one, found, fileLines),
        fileFields: i === 0 ? fileFields(conf) : [],
        declared,
      }
      return [one.name, state]
    }),
  )
}

const textsOf = (lines: readonly string[], file: string): string[] =>
  lines.filter((line) => line.startsWith(`${file}:`)).map((line) => line.slice(file.length + 1))

const liveIn = (lines: readonly string[], path: string): string | undefined => {
  const found = textsOf(lines, path)
  return found.length === 0 ? undefined : normal(found.join(' '))
}

function accessIn(lines: readonly string[], path: string): Pick<SysctlState, 'access' | 'nearest'> {
  for (const line of lines) {
    const [, word, names] = /^(missing|no-directory|write-only|read-only) (.*)$/.exec(line) ?? []
    const [at, ...beside] = (names ?? '').split(' ')
    if (at !== path) continue
    if (word === 'write-only' || word === 'read-only' || word === 'no-directory') return { access: word }
    return { access: 'missing', ...(beside.length > 0 && { nearest: closest(path, beside) }) }
  }
  return { access: 'read-write' }
}

const lineOf = (line: string): FileLine | undefined => {
  const [, file, text] = /^(\/.*?\.conf):(.*)$/.exec(line) ?? []
  return file === undefined || text === undefined ? undefined : { file, text }
}

const fileFields = (conf: FileState): FieldChange[] => {
  if (conf === 'absent') return []
  return conf.type === 'file'
    ? attributeChanges(conf, CONFIG_ATTRIBUTES)
    : [{ field: 'file', from: `${conf.type} ${CONF}`, to: 'file' }]
}
