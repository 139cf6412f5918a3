import type { RecordedHost, RecordedOutcome } from '../records/record.ts'

/** What a look for drift found. */
export interface DriftFound extends Pick<RecordedOutcome, 'hosts' | 'summary'> {
  readonly inventory: string
  /** Exit status: 0 nothing differs, 2 something does, 1 a host or the input could not be read. */
  readonly status: number
  /** When it ended, in seconds since the epoch. */
  readonly ended: number
  readonly seconds: number
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/** Outcomes of a dry run. */
const OUTCOMES = ['ok', 'planned', 'failed', 'skipped'] as const

/** The same for Prometheus, in the text format that node_exporter's textfile collector reads. */
export function driftMetrics({ inventory, hosts, summary, status, ended, seconds }: DriftFound): string {
  const of = (labels: Labels = {}): Labels => ({ inventory, ...labels })
  const host = (one: RecordedHost): Labels => of({ host: one.host, tier: one.tier })
  const read = hosts.filter(({ outcome }) => outcome === 'ok' || outcome === 'planned')
  return [
    family(
      'provision_drift_resources',
      'Resources of a host that are not as declared; absent where it could not be read.',
      read.map((one): Sample => [host(one), one.changed.filter((key) => !key.startsWith('handler:')).length]),
    ),
    family(
      'provision_drift_readable',
      'Whether the host could be read.',
      hosts.map((one): Sample => [host(one), read.includes(one) ? 1 : 0]),
    ),
    family('provision_last_run_timestamp_seconds', 'When the last look ended.', [[of(), ended]]),
    family('provision_last_run_duration_seconds', 'How long it took.', [[of(), seconds]]),
    family('provision_last_run_status', 'Its exit status: 0 no drift, 2 drift, 1 something could not be read.', [
      [of(), status],
    ]),
    family(
      'provision_last_run_hosts',
      'Hosts by outcome; planned ones have drifted.',
      summary ? OUTCOMES.map((outcome): Sample => [of({ outcome }), summary[outcome]]) : [],
    ),
  ].join('')
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}{${pairs.join(',')}} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
