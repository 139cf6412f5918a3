import { BLANK, type Line, line, type Span, span } from '../render/format/line.ts'
import { counted, listing } from '../render/format/words.ts'
import type { Decision } from './decide.ts'
import { type Finding, type ShownFinding, sharedKeys } from './findings.ts'

/** The keys as a table, and what is to be done about them. @param list path of the list they were compared with */
export function trustLines(findings: readonly Finding[], decision: Decision, list: string | undefined): Line[] {
  const known = findings.filter(({ state }) => state === 'known').length
  const shown = findings.filter((finding) => 'key' in finding)
  const summary = known === 0 ? [] : [line(span('good', `${counted(known, 'host')} known`))]
  if (shown.length === 0 && decision.unreachable.length === 0) return summary
  return [
    ...summary,
    ...(shown.length > 0 ? table(shown, list) : []),
    ...decision.unreachable.map(({ host, why }) => line(span('bad', `${host.name}: `), why)),
    ...sharedKeys(findings).map((hosts) =>
      line(span('warn', 'warning: '), `${listing(hosts)} show the same key: one machine, or clones of one image`),
    ),
    ...decision.refused.flatMap(loud),
    ...(decision.open.length > 0 ? [BLANK, ...howToCompare(decision.open)] : []),
  ]
}

function table(findings: readonly ShownFinding[], list: string | undefined): Line[] {
  const rows = findings.map((finding) => ({
    cells: [finding.host.name, addressOf(finding), finding.type, finding.fingerprint],
    state: stateOf(finding, list),
  }))
  const head = ['HOST', 'ADDRESS', 'TYPE', 'FINGERPRINT']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(({ cells }) => cells[i]?.length ?? 0)))
  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
  return [line(span('dim', row(head))), ...rows.map(({ cells, state }) => line(`${row(cells)}  `, state))]
}

const addressOf = ({ name: { address, port } }: ShownFinding): string => {
  const shown = address.includes(':') ? `[${address}]` : address
  return port === 22 ? shown : `${shown}:${port}`
}

function stateOf({ state, expected, lines, path }: ShownFinding, list: string | undefined): Span {
  const places = (file: string, numbers: readonly number[]) => numbers.map((number) => `${file}:${number}`).join(', ')
  const at = lines.length > 0 ? ` (${places(path, lines)})` : ''
  if (state === 'changed') return span('bad', `CHANGED${at}`)
  if (state === 'revoked') return span('bad', `REVOKED${at}`)
  if (expected.kind === 'differs') return span('bad', `NOT AS EXPECTED (${places(list ?? 'list', expected.lines)})`)
  if (expected.kind === 'matches') return span('good', `as expected (${places(list ?? 'list', [expected.line])})`)
  return span('warn', state === 'authority' ? `unknown beside its authority${at}` : 'unknown')
}

function loud({ host, state, expected, name }: ShownFinding): Line[] {
  if (state === 'changed' && expected.kind !== 'differs') {
    return [
      line(
        span('bad', `the host key of ${host.name} (${name.address}) has CHANGED. `),
        'Somebody may be listening in.',
      ),
      line(span('run', '→ '), `If the host was installed anew and its console shows this key: --replace ${host.name}`),
    ]
  }
  if (state === 'revoked') {
    return [line(span('bad', `the host key of ${host.name} is revoked: `), 'give the host a new one.')]
  }
  return [
    line(span('bad', `${host.name} does not show the key that the list has of it: `), 'nothing is recorded for it.'),
    line(span('run', '→ '), 'Find out which of the two is right before anybody logs in there.'),
  ]
}

const howToCompare = (open: readonly ShownFinding[]): Line[] => [
  line('Compare each with what the console of the host prints:'),
  ...[...new Set(open.map(({ type }) => type.toLowerCase()))].map((type) =>
    line(span('run', `  ssh-keygen -lf /etc/ssh/ssh_host_${type}_key.pub`)),
  ),
  line('or with a list (known_hosts, lines of ssh-keygen -l, SSHFP records of dig): --expect FILE'),
]

/** What was recorded, by file. */
export function recordedLines(recorded: readonly ShownFinding[], left: readonly ShownFinding[]): Line[] {
  const files = [...new Set(recorded.map(({ host }) => host.connection.knownHosts))]
  return [
    ...files.map((file) => {
      const hosts = recorded.filter(({ host }) => host.connection.knownHosts === file).map(({ host }) => host.name)
      return line(span('good', 'recorded'), ` in ${file}: ${listing(hosts)}`)
    }),
    ...(left.length > 0 ? [line(span('warn', 'not recorded'), `: ${listing(left.map(({ host }) => host.name))}`)] : []),
  ]
}

/** The same for programs. */
export function trustJson(findings: readonly Finding[], recorded: readonly ShownFinding[]): object {
  return {
    hosts: findings.map((finding) => {
      const { host, state } = finding
      const known = {
        host: host.name,
        address: host.connection.host ?? host.address,
        port: host.connection.port,
        state,
      }
      if (finding.state === 'unreachable') return { ...known, why: finding.why }
      if (!('key' in finding)) return known
      const { type, fingerprint, expected, lines, path: file } = finding
      return {
        ...known,
        type,
        fingerprint,
        knownHosts: { file, lines },
        expected: expected.kind,
        recorded: recorded.includes(finding),
      }
    }),
  }
}
