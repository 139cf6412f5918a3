import { constants } from 'node:fs'
import { access, readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { messageOf } from '../../../errors.ts'
import type { Finding } from '../finding.ts'
import { type Declaration, nothing, type Parsed, type Trouble } from '../parse/declaration.ts'
import { parseIniInventory } from '../parse/ini-inventory.ts'
import { isScriptAnswer, jsonInventory, lacksHostVars } from '../parse/json-inventory.ts'
import { parseAnsibleYaml, type YamlEntry } from '../parse/yaml.ts'
import { pluginOf, yamlInventory } from '../parse/yaml-inventory.ts'
import { runScript } from './script.ts'

export interface Sources {
  readonly declarations: readonly Declaration[]
  /** Files and scripts that were read, as they are told. */
  readonly read: readonly string[]
  readonly findings: readonly Finding[]
  readonly problems: readonly Trouble[]
}

export interface SourceContext {
  /** A path as it is told. */
  shownPath(path: string): string
  ignored(name: string): boolean
}

const NONE: Sources = { declarations: [], read: [], findings: [], problems: [] }

const joined = (parts: readonly Sources[]): Sources => ({
  declarations: parts.flatMap((part) => part.declarations),
  read: parts.flatMap((part) => part.read),
  findings: parts.flatMap((part) => part.findings),
  problems: parts.flatMap((part) => part.problems),
})

/** Reads sources one after the other: files, programs, or folders of them. What is not there is a problem. */
export async function readSources(paths: readonly string[], context: SourceContext): Promise<Sources> {
  const parts: Sources[] = []
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => messageOf(error))
    if (typeof found === 'string') {
      parts.push({ ...NONE, problems: [{ at: { file: context.shownPath(path), line: 1 }, message: found }] })
    } else parts.push(await (found.isDirectory() ? readFolder(path, context) : readOne(path, context)))
  }
  return joined(parts)
}

/** In the order of their names. */
async function readFolder(path: string, context: SourceContext): Promise<Sources> {
  const wanted = (await readdir(path)).sort().filter((name) => !context.ignored(name))
  // Ansible passes .ini over in folders, since plugins had their settings in such files; often it is all there is.
  const settings = wanted.filter((name) => name.endsWith('.ini'))
  const likely = wanted.filter((name) => !name.endsWith('.ini'))
  const isAll = likely.length === 0
  const read = await readSources(
    (isAll ? settings : likely).map((name) => join(path, name)),
    context,
  )
  const passed = isAll ? [] : settings
  const note = 'Ansible passes .ini files over in a folder of inventories; is it one? Import it by its path'
  const findings = passed.map(
    (name): Finding => ({ kind: 'source', at: undefined, subject: context.shownPath(join(path, name)), note }),
  )
  return joined([read, { ...NONE, findings }])
}

const skipped = (subject: string, note: string, kind: Finding['kind'] = 'source'): Sources => ({
  ...NONE,
  findings: [{ kind, at: undefined, subject, note }],
})

const sources = (source: string, { declarations, problems, skipped: passed }: Parsed): Sources => ({
  declarations,
  read: [source],
  problems,
  findings: passed.map(({ at, message }) => ({ kind: 'source', at, subject: message })),
})

async function readOne(path: string, { shownPath: tellPath }: SourceContext): Promise<Sources> {
  const source = tellPath(path)
  const bytes = await readFile(path)
  if (await isProgram(path, bytes)) return readProgram(path, source)
  const text = bytes.toString('utf8')
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    return skipped(source, 'an encrypted inventory: import what ansible-inventory --list prints', 'vault')
  }
  const ending = extname(path)
  if (ending === '.toml') return skipped(source, 'TOML: import what ansible-inventory --list prints in its place')
  if (!['.yml', '.yaml', '.json', ''].includes(ending)) return sources(source, parseIniInventory(text, source))
  const { entries, problems } = parseAnsibleYaml(text, source)
  if (entries === undefined && ending === '') return sources(source, parseIniInventory(text, source))
  if (problems.length > 0) return sources(source, { ...nothing, problems })
  if (entries === undefined) return skipped(source, 'no inventory: a mapping of groups is expected')
  return entries.length === 0 ? skipped(source, 'empty') : sources(source, groupsIn(entries, basename(path)))
}

function groupsIn(entries: readonly YamlEntry[], name: string): Parsed {
  const plugin = pluginOf(entries)
  if (plugin === undefined) return isScriptAnswer(entries) ? jsonInventory(entries) : yamlInventory(entries)
  const message = `configuration of the inventory plugin ${String(plugin.asVar.value)}: import what 'ansible-inventory -i ${name} --list' prints`
  return { ...nothing, skipped: [{ at: plugin.at, message }] }
}

/** Executable, and begins as a program does: on some file systems everything is executable. */
async function isProgram(path: string, bytes: Buffer): Promise<boolean> {
  const begins = bytes.subarray(0, 4).toString('latin1')
  if (!begins.startsWith('#!') && begins !== '\x7fELF') return false
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function readProgram(path: string, source: string): Promise<Sources> {
  const place = `${source} --list`
  const { entries } = parseAnsibleYaml(await runScript(path, ['--list']), place)
  if (entries === undefined) {
    return sources(place, {
      ...nothing,
      problems: [{ at: { file: place, line: 1 }, message: 'it printed no JSON object' }],
    })
  }
  const answer = jsonInventory(entries)
  if (!lacksHostVars(entries)) return sources(place, answer)
  // A script of old: vars are asked for host by host.
  const hosts = [...new Set(answer.declarations.flatMap((one) => (one.is === 'host' ? [one.host] : [])))]
  const vars = new Map<string, readonly YamlEntry[]>()
  for (const host of hosts) {
    const own = parseAnsibleYaml(await runScript(path, ['--host', host]), `${source} --host ${host}`)
    vars.set(host, own.entries ?? [])
  }
  return sources(place, jsonInventory(entries, vars))
}
