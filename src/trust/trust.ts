import { readFile } from 'node:fs/promises'
import { type AskPassphrase, unlockKeys } from '../connection/unlock.ts'
import { InputError, messageOf, type Problem } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { nameHint } from '../problems/nearest.ts'
import { type Decision, decide, exitStatus, type TrustRules } from './decide.ts'
import { type ExpectedKeys, parseExpected } from './expected.ts'
import { type Finding, findKeys, namedHost, type ShownFinding } from './findings.ts'
import { recordKeys } from './record.ts'
import { jumpsOf, roundsOf } from './rounds.ts'

export interface TrustOptions extends TrustRules {
  readonly hosts: readonly Target[]
  /** All of the inventory: lines of a list are of these. */
  readonly all: readonly Target[]
  /** A list of keys to compare with. */
  readonly list: string | undefined
  readonly forks: number
  readonly env: NodeJS.ProcessEnv
  /** For keys of jump hosts. */
  readonly askPassphrase?: AskPassphrase | undefined
}

export interface TrustEdges {
  /** Told of the hosts that can be asked now, before anything of them is recorded; then of those behind them. */
  found(findings: readonly Finding[], decision: Decision): void
  /** Asks which of them to record; undefined: there is nobody to ask. */
  readonly choose: ((open: readonly ShownFinding[]) => Promise<readonly ShownFinding[]>) | undefined
  recorded(recorded: readonly ShownFinding[], left: readonly ShownFinding[]): void
  /** All that was found and recorded. */
  done(findings: readonly Finding[], recorded: readonly ShownFinding[]): void
  warn(message: string): void
}

/**
 * Shows the keys of hosts that are not known, has them compared, and records them.
 * @returns the exit status
 * @throws InputError
 */
export async function trust(options: TrustOptions, edges: TrustEdges): Promise<number> {
  const rounds = roundsOf(options.hosts)
  const all = rounds.flat()
  const expected = await readList({ ...options, all: [...options.all, ...all] }, edges)
  const unknownNames = options.replace.filter((name) => !all.some((host) => host.name === name))
  if (unknownNames.length > 0) throw new InputError(unknownNames.map((name) => noHost(name, all)))
  const jumps = [...new Set(all.flatMap(jumpsOf))]
  const keys = await unlockKeys(jumps, options.env, { ask: options.askPassphrase, hasPassword: false })
  const findings: Finding[] = []
  const recorded: ShownFinding[] = []
  let status = 0
  for (const [i, round] of rounds.entries()) {
    const found = await findKeys(round, { ...options, keys, expected, warn: edges.warn })
    const decision = decide(found, options)
    edges.found(found, decision)
    const chosen = decision.open.length > 0 ? ((await edges.choose?.(decision.open)) ?? []) : []
    const now = [...decision.record, ...chosen]
    const left = decision.open.filter((finding) => !chosen.includes(finding))
    await recordKeys(now, options.env)
    findings.push(...found)
    recorded.push(...now)
    edges.recorded(now, left)
    const of = exitStatus(decision, left)
    if (status !== 1) status = of === 0 ? status : of
    // What is behind a jump host that is not known can't be asked.
    const beyond = rounds.slice(i + 1).flat().length
    if (left.length > 0 && beyond > 0 && left.some(({ host }) => jumps.some((jump) => jump.name === host.name))) {
      edges.warn(`${beyond} more behind jump hosts that are not known: they are asked once these are`)
      break
    }
  }
  edges.done(findings, recorded)
  return status
}

const noHost = (name: string, hosts: readonly Target[]): Problem => ({
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
