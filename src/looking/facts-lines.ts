import type { Facts } from '../facts/facts.ts'
import { failureLines } from '../render/format/failure.ts'
import { BLANK, indent, type Line, line, span } from '../render/format/line.ts'
import { counted } from '../render/format/words.ts'
import type { ProbedHost } from './facts.ts'
import { loginOf } from './inventory-lines.ts'
import type { HostView } from './inventory-view.ts'
import { table } from './table.ts'

type Logins = ReadonlyMap<string, Pick<HostView, 'address' | 'connection'>>

/** `provision ping`: tier by tier, who answers and how fast; below, why the others don't. */
export function pingLines(all: readonly ProbedHost[], logins: Logins): Line[] {
  const rows = all.map((one) => {
    const { host, login, latency, facts, failure } = one
    const where = logins.get(host)
    const how = where ? loginOf(where) : ''
    return [
      failure ? span('bad', '✖') : span('good', '✔'),
      span('bold', host),
      ...(failure
        ? [how, span('bad', failure.code)]
        : [
            how,
            `login ${Math.round(login?.ms ?? 0)} ms`,
            `answer ${Math.round(latency ?? 0)} ms`,
            facts ? osOf(facts) : '',
          ]),
    ]
  })
  const lines = table(undefined, rows)
  const tiers = [...new Set(all.map(({ tier }) => tier))]
  return [
    ...tiers.flatMap((tier) => [
      line(span('bold', tier)),
      ...indent(lines.filter((_, i) => all[i]?.tier === tier)),
      BLANK,
    ]),
    ...failuresOf(all),
    countLine(all, 'answer'),
  ]
}

const failuresOf = (all: readonly ProbedHost[]): Line[] =>
  all.flatMap(({ host, failure }) =>
    failure && failure.code !== 'stopped' ? [...failureLines(host, failure), BLANK] : [],
  )

function countLine(all: readonly ProbedHost[], verb: string): Line {
  const failed = all.filter(({ failure }) => failure).length
  const good = all.length - failed
  return line(
    span(failed > 0 ? 'bold' : 'good', `${good} of ${counted(all.length, 'host')} ${verb}${good === 1 ? 's' : ''}`),
  )
}

/** `debian 13 (trixie), amd64` */
const osOf = ({ os, arch }: Facts): string =>
  `${os.id} ${os.versionId || os.codename}${os.versionId ? ` (${os.codename})` : ''}, ${arch}`

/** `provision facts`: a host a line. */
export function factsLines(all: readonly ProbedHost[]): Line[] {
  const rows = all.flatMap(({ host, tier, facts }) =>
    facts === undefined
      ? []
      : [
          [
            span('bold', host),
            tier,
            osOf(facts),
            String(facts.cpus),
            `${(facts.memoryMiB / 1024).toFixed(1)} GiB`,
            facts.virtualization,
            facts.defaultInterface || '-',
            Object.entries(facts.addresses)
              .map(([device, addresses]) => `${device} ${addresses.join(' ')}`)
              .join(', '),
          ],
        ],
  )
  const heads = ['host', 'tier', 'system', 'cpus', 'memory', 'on', 'route', 'addresses']
  const failures = failuresOf(all)
  return [...table(heads, rows), ...(failures.length > 0 ? [BLANK, ...failures] : [])]
}
