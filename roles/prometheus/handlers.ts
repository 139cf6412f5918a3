import { type Handler, handler, reload, sh } from 'provision'
import { IDENTITY, type Job } from './jobs.ts'

/** Where the host itself asks its Prometheus. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/**
 * HUP, proven: a configuration that is refused is only written to the log, and the time of the last good one stays.
 * No curl is needed: bash and coreutils are on every Debian.
 */
export function reloadProven({ address, port }: Endpoint): Handler {
  const get = 'exec 3<>"/dev/tcp/$0/$1" && printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3 && timeout 5 cat <&3'
  return reload('prometheus', {
    changes: sh`bash -c ${get} ${address} ${port} | grep '^prometheus_config_last_reload_success_timestamp_seconds '`,
    timeout: 30,
  })
}

/**
 * Waits until every expected target was scraped, after this began, and was up. Owed by changes only: an unchanged run
 * asks nothing, and a host that is down later is the alerts' business.
 */
export function gate(jobs: readonly Job[], url: string, seconds: number): Handler {
  const expected = jobs.flatMap((job) => job.targets.map((target) => seriesOf(job.name, target.labels)))
  const up = `count by (${['job', ...IDENTITY].join(', ')})`
  return handler({
    id: 'gate prometheus targets',
    run: sh`
      since=$(date +%s); deadline=$((since + ${seconds}))
      if ! systemctl is-active -q prometheus.service; then echo 'prometheus does not run' >&2; exit 1; fi
      ask() { promtool query instant ${url} ${up}" ($1)" 2>/dev/null; }
      while :; do
        up=$(ask "up == 1 and timestamp(up) >= $since") || up=
        missing=
        for one in ${expected}; do
          case $up in *"$one"*) ;; *) missing="$missing$one
      " ;; esac
        done
        [ -n "$missing" ] || exit 0
        [ "$(date +%s)" -lt "$deadline" ] || break
        sleep 1
      done
      echo ${`targets that are not up after ${seconds} s:`} >&2
      printf '%s' "$missing" >&2
      exit 1
    `,
  })
}

/** As promtool prints a series: labels in order of the alphabet. */
const seriesOf = (job: string, labels: Readonly<Record<string, string>>): string => {
  const known = Object.entries({ ...labels, job }).filter(([name]) => name === 'job' || isIdentity(name))
  const text = known
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')
  return `{${text}} => `
}

const isIdentity = (name: string): boolean => IDENTITY.some((one) => one === name)
