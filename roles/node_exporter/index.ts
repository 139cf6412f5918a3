import {
  allowFrom,
  defineRole,
  file,
  listedOrTier,
  listeningAddress,
  managementListener,
  managementSocket,
  metricsReader,
  pkg,
  restart,
  scrape,
  service,
  systemdUnit,
} from 'provision'

export default defineRole({
  name: 'node_exporter',
  description: "The host's own metrics for Prometheus, on the management address and for the monitor only.",
  vars: {
    node_exporter_port: {
      description: 'Port of the metrics.',
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 9100,
    },
    node_exporter_listen: {
      description: "Address to listen on. Default: the inventory's, or all where the host itself does not have it.",
      type: 'string',
      optional: true,
    },
    node_exporter_flags: {
      description: 'Flags of prometheus-node-exporter. Among the defaults: state of units, owners of addresses.',
      type: 'array',
      items: { type: 'string', pattern: '^--[A-Za-z0-9.=:,/_|()^$*+?-]+$' },
      default: ['--collector.systemd', '--collector.netdev.address-info'],
    },
    node_exporter_monitor_tier: {
      description: 'Tier or group whose hosts may read the metrics.',
      type: 'string',
      default: 'monitor',
    },
    node_exporter_allow_from: {
      description: "Addresses that may read the metrics, in place of the monitor tier's.",
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    node_exporter_firewall: {
      description: 'Open the port in ufw; false on hosts without the role ufw.',
      type: 'boolean',
      default: true,
    },
  },
  provides: ({ vars }) => [
    scrape.of({ job: 'node', port: vars.node_exporter_port, address: listeningAddress(vars.node_exporter_listen) }),
  ],
  standalone: true,
  listens: ({ host, vars, facts }) =>
    managementListener('node_exporter', host, facts, vars.node_exporter_port, vars.node_exporter_listen),
  resources({ host, vars, facts, group, provided, template }) {
    const restarted = [restart('prometheus-node-exporter')]
    const readers = listedOrTier(
      { host, group, provided },
      vars.node_exporter_allow_from,
      vars.node_exporter_monitor_tier,
      'node_exporter_allow_from',
      metricsReader,
    )
    const socket = managementSocket(host, facts, vars.node_exporter_port, vars.node_exporter_listen)
    return [
      pkg({ name: 'prometheus-node-exporter', notify: restarted }),
      file({
        path: '/etc/default/prometheus-node-exporter',
        content: template('default.ejs', {
          flags: [...vars.node_exporter_flags, `--web.listen-address=${socket}`],
        }),
        mode: '0644',
        notify: restarted,
      }),
      systemdUnit({
        unit: 'prometheus-node-exporter.service',
        dropIn: 'provision.conf',
        content: template('unit.conf.ejs'),
      }),
      vars.node_exporter_firewall && allowFrom(readers, { port: vars.node_exporter_port, comment: 'node_exporter' }),
      service({ name: 'prometheus-node-exporter', enabled: true, state: 'started' }),
    ]
  },
})
