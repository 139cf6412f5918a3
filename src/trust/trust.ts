import { readFile } from 'node:fs/promises'
import { InputError, messageOf, type Problem } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { nameHint } from '../problems/nearest.ts'
import { type Decision, decide, exitStatus, type TrustRules } from './decide.ts'
import { type ExpectedKeys, parseExpected } from './expected.ts'
import { type Finding, findKeys, namedHost, type ShownFinding } from './findings.ts'
import { recordKeys } from './record.ts'

export interface TrustOptions extends TrustRules {
  readonly hosts: readonly Host[]
  /** All of the inventory: lines of a list are of these. */
  readonly all: readonly Host[]
  /** A list of keys to compare with. */
  readonly list: string | undefined
  readonly forks: number
  readonly env: NodeJS.ProcessEnv
}

export interface TrustEdges {
  /** Told once all hosts were asked, before anything is recorded. */
  found(findings: readonly Finding[], decision: Decision): void
  /** Asks which of them to record; undefined: there is nobody to ask. */
  readonly choose: ((open: readonly ShownFinding[]) => Promise<readonly ShownFinding[]>) | undefined
  recorded(findings: readonly Finding[], recorded: readonly ShownFinding[], left: readonly ShownFinding[]): void
  warn(message: string): void
}

/**
 * Shows the keys of hosts that are not known, has them compared, and records them.
 * @returns the exit status
 * @throws InputError
 */
export async function trust(options: TrustOptions, edges: TrustEdges): Promise<number> {
  const expected = await readList(options, edges)
  const unknownNames = options.replace.filter((name) => !options.hosts.some((host) => host.name === name))
  if (unknownNames.length > 0) throw new InputError(unknownNames.map((name) => noHost(name, options.hosts)))
  const findings = await findKeys(options.hosts, { ...options, expected, warn: edges.warn })
  const decision = decide(findings, options)
  edges.found(findings, decision)
  const chosen = decision.open.length > 0 ? ((await edges.choose?.(decision.open)) ?? []) : []
  const recorded = [...decision.record, ...chosen]
  const left = decision.open.filter((finding) => !chosen.includes(finding))
  await recordKeys(recorded, options.env)
  edges.recorded(findings, recorded, left)
  return exitStatus(decision, left)
}

const noHost = (name: string, hosts: readonly Host[]): Problem => ({
  message: `--replace ${name}: no host of that name is asked`,
  hint: nameHint(
    name,
    hosts.map((host) => host.name),
  ),
})

async function readList({ list, all }: TrustOptions, { warn }: TrustEdges): Promise<ExpectedKeys | undefined> {
  if (list === undefined) return undefined
  const text = await readFile(list, 'utf8').catch((error) => {
    throw new InputError([{ message: `--expect: ${messageOf(error)}` }])
  })
  const expected = parseExpected(text, all.map(namedHost))
  for (const number of expected.malformed) warn(`${list}:${number}: neither a key nor a fingerprint`)
  return expected
}
