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
  prober,
  restart,
  scrape,
  service,
  sh,
  systemdUnit,
} from 'provision'

export default defineRole({
  name: 'blackbox_exporter',
  description:
    'Probes other hosts from this one, as Prometheus asks: the links of the picture, floating addresses, certificates.',
  vars: {
    blackbox_exporter_port: {
      description: 'Port of the metrics.',
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 9115,
    },
    blackbox_exporter_listen: {
      description: "Address to listen on. Default: the inventory's, or all where the host itself does not have it.",
      type: 'string',
      optional: true,
    },
    blackbox_exporter_flags: {
      description: 'Further flags of prometheus-blackbox-exporter.',
      type: 'array',
      items: { type: 'string', pattern: '^--[A-Za-z0-9.=:,/_|()^$*+?-]+$' },
      default: [],
    },
    blackbox_exporter_monitor_tier: {
      description: 'Tier or group whose hosts may ask for probes.',
      type: 'string',
      default: 'monitor',
    },
    blackbox_exporter_allow_from: {
      description: "Addresses that may ask for probes, in place of the monitor tier's.",
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    blackbox_exporter_firewall: {
      description: 'Open the port in ufw; false on hosts without the role ufw.',
      type: 'boolean',
      default: true,
    },
    blackbox_exporter_timeout: {
      description: 'Seconds that a probe may take.',
      type: 'integer',
      minimum: 1,
      maximum: 30,
      default: 5,
    },
  },
  provides: ({ vars }) => [
    scrape.of({
      job: 'blackbox',
      port: vars.blackbox_exporter_port,
      address: listeningAddress(vars.blackbox_exporter_listen),
    }),
    prober.of({ port: vars.blackbox_exporter_port }),
  ],
  standalone: true,
  listens: ({ host, vars, facts }) =>
    managementListener('blackbox_exporter', host, facts, vars.blackbox_exporter_port, vars.blackbox_exporter_listen),
  resources({ host, vars, facts, group, provided, template }) {
    const restarted = [restart('prometheus-blackbox-exporter')]
    const readers = listedOrTier(
      { host, group, provided },
      vars.blackbox_exporter_allow_from,
      vars.blackbox_exporter_monitor_tier,
      'blackbox_exporter_allow_from',
      metricsReader,
    )
    const socket = managementSocket(host, facts, vars.blackbox_exporter_port, vars.blackbox_exporter_listen)
    return [
      pkg({ name: 'prometheus-blackbox-exporter', notify: restarted }),
      file({
        path: '/etc/prometheus/blackbox.yml',
        content: template('blackbox.yml.ejs'),
        mode: '0644',
        validate: sh`prometheus-blackbox-exporter --config.check --config.file="$file"`,
        // It holds no state and no connection: a restart costs nothing and is sure.
        notify: restarted,
      }),
      file({
        path: '/etc/default/prometheus-blackbox-exporter',
        content: template('default.ejs', {
          flags: [
            '--config.file=/etc/prometheus/blackbox.yml',
            `--web.listen-address=${socket}`,
            ...vars.blackbox_exporter_flags,
          ],
        }),
        mode: '0644',
        notify: restarted,
      }),
      systemdUnit({
        unit: 'prometheus-blackbox-exporter.service',
        dropIn: 'provision.conf',
        content: template('unit.conf.ejs'),
      }),
      vars.blackbox_exporter_firewall &&
        allowFrom(readers, { port: vars.blackbox_exporter_port, comment: 'blackbox_exporter' }),
      service({ name: 'prometheus-blackbox-exporter', enabled: true, state: 'started' }),
    ]
  },
})
