import type { Finding, ShownFinding } from './findings.ts'

export interface TrustRules {
  /** Names of hosts whose changed key may take the place of the old one. */
  readonly replace: readonly string[]
  /** Keys that nobody has compared are recorded as well. */
  readonly unverified: boolean
}

/** What is done with what was found; what is known is in none of them. */
export interface Decision {
  /** Recorded without a question. */
  readonly record: readonly ShownFinding[]
  /** Somebody has to compare them. */
  readonly open: readonly ShownFinding[]
  /** Not recorded, whatever anybody answers. */
  readonly refused: readonly ShownFinding[]
  readonly unreachable: readonly Extract<Finding, { state: 'unreachable' }>[]
}

export function decide(findings: readonly Finding[], { replace, unverified }: TrustRules): Decision {
  const shown = findings.filter((finding) => 'key' in finding)
  const way = ({ state, host, expected }: ShownFinding): 'record' | 'open' | 'refused' => {
    if (state === 'revoked' || expected.kind === 'differs') return 'refused'
    if (state === 'changed' && !replace.includes(host.name)) return 'refused'
    return expected.kind === 'matches' || unverified ? 'record' : 'open'
  }
  const of = (wanted: ReturnType<typeof way>) => shown.filter((finding) => way(finding) === wanted)
  return {
    record: of('record'),
    open: of('open'),
    refused: of('refused'),
    unreachable: findings.filter((finding) => finding.state === 'unreachable'),
  }
}

/** 1: something is wrong with a key or a host; 2: keys are left that nobody has compared; 0: all are known now. */
export function exitStatus({ refused, unreachable }: Decision, left: readonly ShownFinding[]): number {
  if (refused.length > 0 || unreachable.length > 0) return 1
  return left.length > 0 ? 2 : 0
}
