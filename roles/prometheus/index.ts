import {
  allowFrom,
  defineRole,
  file,
  fileSet,
  listeningAddress,
  managementListener,
  managementSocket,
  metricsReader,
  pkg,
  prometheusApi,
  restart,
  service,
  sh,
  socketOf,
  systemdUnit,
} from 'provision'
import { alerts, driftAlerts } from './alerts.ts'
import { gate, reloadProven } from './handlers.ts'
import { jobsOf, vipsOf } from './jobs.ts'
import { recordingRules } from './recording.ts'
import { vars } from './vars.ts'

const ROOT = '/etc/prometheus'

const prometheusService = () => service({ name: 'prometheus', enabled: true, state: 'started' })

/** A configuration of their own, for the targets are in use before the real one names them. */
const CHECK_TARGETS = sh`
  printf '%s\n' 'scrape_configs: [{ job_name: check, file_sd_configs: [{ files: ["*.yml"] }] }]' >"$STAGE/.check"
  promtool check config "$STAGE/.check"
`

const CHECK_CONFIG = sh`
  promtool check rules "$STAGE"/rules/*.yml
  promtool check config "$STAGE/prometheus.yml"
`

export default defineRole({
  name: 'prometheus',
  description:
    'Prometheus: scrapes what the inventory has, probes the links between tiers, records rates, and raises alerts.',
  vars,
  provides: ({ vars }) => [
    prometheusApi.of({
      port: vars.prometheus_port,
      address: listeningAddress(vars.prometheus_listen),
      appRequests: vars.prometheus_app_requests,
      scrapeInterval: vars.prometheus_scrape_interval,
    }),
    metricsReader.of({}),
  ],
  listens: ({ host, vars, facts }) =>
    managementListener('prometheus', host, facts, vars.prometheus_port, vars.prometheus_listen),
  resources(input) {
    const { host, vars, facts, template } = input
    const jobs = jobsOf(input)
    const drift = driftAlerts(vars).map(alertRule)
    const socket = managementSocket(host, facts, vars.prometheus_port, vars.prometheus_listen)
    const local = socket.startsWith(':') ? '127.0.0.1' : (vars.prometheus_listen ?? host.address)
    const url = `http://${socketOf(local, vars.prometheus_port)}`
    const restarted = restart('prometheus')
    const gated = vars.prometheus_gate_timeout > 0 ? [gate(jobs, url, vars.prometheus_gate_timeout)] : []
    const text = (name: string, data = {}) => ({ content: template(name, data), mode: '0644' })
    const flags = [
      `--web.listen-address=${socket}`,
      `--storage.tsdb.retention.time=${vars.prometheus_retention}`,
      ...(vars.prometheus_retention_size ? [`--storage.tsdb.retention.size=${vars.prometheus_retention_size}`] : []),
      ...vars.prometheus_flags,
    ]
    return [
      pkg({ name: 'prometheus', notify: [restarted] }),
      // Prometheus watches these files itself: they call for no reload, so they are a set of their own.
      fileSet({
        name: 'prometheus-targets',
        root: `${ROOT}/targets`,
        files: Object.fromEntries(jobs.map((job) => [`${job.name}.yml`, text('targets.yml.ejs', { job })])),
        purge: ['*.yml'],
        validate: CHECK_TARGETS,
        notify: gated,
      }),
      fileSet({
        name: 'prometheus',
        root: ROOT,
        files: {
          'prometheus.yml': text('prometheus.yml.ejs', { jobs }),
          'rules/recording.yml': text('rules.yml.ejs', {
            title: 'recording',
            rules: recordingRules(vars, vipsOf(input)),
          }),
          'rules/alerts.yml': text('rules.yml.ejs', { title: 'alerts', rules: alerts(vars).map(alertRule) }),
          ...(drift.length > 0 && { 'rules/drift.yml': text('rules.yml.ejs', { title: 'drift', rules: drift }) }),
          ...(vars.prometheus_rules.length > 0 && {
            'rules/further.yml': text('rules.yml.ejs', { title: 'further', rules: vars.prometheus_rules }),
          }),
        },
        purge: ['rules/*.yml'],
        validate: CHECK_CONFIG,
        notify: [reloadProven({ address: local, port: vars.prometheus_port }), ...gated],
      }),
      file({
        path: '/etc/default/prometheus',
        content: template('default.ejs', { flags }),
        mode: '0644',
        notify: [restarted, ...gated],
      }),
      systemdUnit({ unit: 'prometheus.service', dropIn: 'provision.conf', content: template('unit.conf.ejs') }),
      vars.prometheus_firewall &&
        allowFrom(vars.prometheus_allow_from, { port: vars.prometheus_port, comment: 'prometheus' }),
      prometheusService(),
    ]
  },
  // It is not drained: nobody's requests go through it. Where it does not run, the host serves nobody.
  rollout: () => ({ disruptive: [], requiredServices: [prometheusService()] }),
})

const alertRule = ({
  name,
  expr,
  severity,
  summary,
  description,
  for: duration,
}: ReturnType<typeof alerts>[number]) => ({
  alert: name,
  expr,
  for: duration,
  labels: { severity },
  annotations: { summary, description },
})
