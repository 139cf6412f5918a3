import {
  allowFrom,
  defineRole,
  file,
  listedOrTier,
  listeningAddress,
  managementListener,
  managementSocket,
  metricsReader,
  nginxStatus,
  pkg,
  restart,
  scrape,
  service,
  systemdUnit,
} from 'provision'

export default defineRole({
  name: 'nginx_exporter',
  description: 'Metrics of nginx for Prometheus, out of its stub_status, for the monitor only.',
  vars: {
    nginx_exporter_port: {
      description: 'Port of the metrics.',
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 9113,
    },
    nginx_exporter_listen: {
      description: "Address to listen on. Default: the inventory's, or all where the host itself does not have it.",
      type: 'string',
      optional: true,
    },
    nginx_exporter_flags: {
      description: 'Further flags of prometheus-nginx-exporter.',
      type: 'array',
      items: { type: 'string', pattern: '^--[A-Za-z0-9.=:,/_|()^$*+?-]+$' },
      default: [],
    },
    nginx_exporter_monitor_tier: {
      description: 'Tier or group whose hosts may read the metrics.',
      type: 'string',
      default: 'monitor',
    },
    nginx_exporter_allow_from: {
      description: "Addresses that may read the metrics, in place of the monitor tier's.",
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    nginx_exporter_firewall: {
      description: 'Open the port in ufw; false on hosts without the role ufw.',
      type: 'boolean',
      default: true,
    },
    nginx_exporter_scrape_uri: {
      description: "Where nginx tells its counters. Default: role nginx's nginx_status_listen.",
      type: 'string',
      pattern: '^https?://[A-Za-z0-9.:/_\\[\\]-]+$',
      optional: true,
    },
  },
  provides: ({ vars }) => [
    scrape.of({ job: 'nginx', port: vars.nginx_exporter_port, address: listeningAddress(vars.nginx_exporter_listen) }),
  ],
  listens: ({ host, vars, facts }) =>
    managementListener('nginx_exporter', host, facts, vars.nginx_exporter_port, vars.nginx_exporter_listen),
  resources({ host, vars, facts, group, provided, template }) {
    const restarted = [restart('prometheus-nginx-exporter')]
    const readers = listedOrTier(
      { host, group, provided },
      vars.nginx_exporter_allow_from,
      vars.nginx_exporter_monitor_tier,
      'nginx_exporter_allow_from',
      metricsReader,
    )
    const socket = managementSocket(host, facts, vars.nginx_exporter_port, vars.nginx_exporter_listen)
    const [status] = provided(nginxStatus, { host: host.name })
    const uri = vars.nginx_exporter_scrape_uri ?? status?.value.url ?? 'http://127.0.0.1:8081/stub_status'
    return [
      pkg({ name: 'prometheus-nginx-exporter', notify: restarted }),
      file({
        path: '/etc/default/prometheus-nginx-exporter',
        content: template('default.ejs', {
          flags: [`--nginx.scrape-uri=${uri}`, `--web.listen-address=${socket}`, ...vars.nginx_exporter_flags],
        }),
        mode: '0644',
        notify: restarted,
      }),
      systemdUnit({
        unit: 'prometheus-nginx-exporter.service',
        dropIn: 'provision.conf',
        content: template('unit.conf.ejs'),
      }),
      vars.nginx_exporter_firewall && allowFrom(readers, { port: vars.nginx_exporter_port, comment: 'nginx_exporter' }),
      service({ name: 'prometheus-nginx-exporter', enabled: true, state: 'started' }),
    ]
  },
})
