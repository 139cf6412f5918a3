import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { readPlainYaml } from '../../inventory/plain-yaml.ts'

/** Names that a hosts.yml or a site.yml has. */
export interface WrittenNames {
  readonly tiers: readonly string[]
  readonly groups: readonly string[]
  readonly hosts: readonly string[]
}

/** Reads the names of a file. What is broken has none. */
export async function writtenNames(path: string): Promise<WrittenNames> {
  const written = mapping(await dataOf(path))
  if (Array.isArray(written.tiers)) {
    return { tiers: written.tiers.flatMap((tier) => texts([mapping(tier).name])), groups: [], hosts: [] }
  }
  const tiers = Object.entries(mapping(written.tiers))
  const hosts = tiers.flatMap(([, tier]) => Object.entries(mapping(mapping(tier).hosts)))
  return {
    tiers: tiers.map(([name]) => name),
    groups: [
      ...new Set([
        ...Object.keys(mapping(written.groups)),
        ...hosts.flatMap(([, host]) => texts(mapping(host).groups)),
      ]),
    ],
    hosts: hosts.map(([name]) => name),
  }
}

async function dataOf(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, 'utf8')
    const data: unknown = readPlainYaml(text)?.value ?? parse(text, { logLevel: 'silent', merge: true })
    return data
  } catch {
    return undefined
  }
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
