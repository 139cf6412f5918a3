import {
  allowFrom,
  defineRole,
  directory,
  file,
  listedOrTier,
  listeningAddress,
  managementListener,
  managementSocket,
  metricsReader,
  mysqlExporterAccount,
  ProvisionError,
  pkg,
  restart,
  reveal,
  scrape,
  service,
  systemdUnit,
} from 'provision'

/** Its own: not every release of the package has /etc/prometheus. */
const FOLDER = '/etc/prometheus-mysqld-exporter'
const MY_CNF = `${FOLDER}/my.cnf`

/**
 * What mysqld_exporter makes something else of, whatever its option file says: from 0.15 it expands the environment and
 * names of other keys in values, and any ? counts as the beginning of the parameters that it adds to the address. Source:
 * its config/config.go and collector/exporter.go, go-ini.
 */
function passwordProblem(password: string): string | undefined {
  if (password.includes('?')) return 'it takes a ? for the end of the address that it makes of it'
  if (password.includes('$')) return 'it takes a $ for the beginning of a variable of the environment'
  if (/%\([^)]+\)s/.test(password)) return 'it takes %(…)s for the name of another option'
  if (/[`\n\r]/.test(password)) return 'a backtick or the end of a line ends it'
  return undefined
}

export default defineRole({
  name: 'mysqld_exporter',
  description: 'Metrics of MySQL for Prometheus, for the monitor only; logs in over the socket.',
  vars: {
    mysqld_exporter_port: {
      description: 'Port of the metrics.',
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      default: 9104,
    },
    mysqld_exporter_listen: {
      description: "Address to listen on. Default: the inventory's, or all where the host itself does not have it.",
      type: 'string',
      optional: true,
    },
    mysqld_exporter_flags: {
      description: 'Further flags of prometheus-mysqld-exporter.',
      type: 'array',
      items: { type: 'string', pattern: '^--[A-Za-z0-9.=:,/_|()^$*+?-]+$' },
      default: [],
    },
    mysqld_exporter_monitor_tier: {
      description: 'Tier or group whose hosts may read the metrics.',
      type: 'string',
      default: 'monitor',
    },
    mysqld_exporter_allow_from: {
      description: "Addresses that may read the metrics, in place of the monitor tier's.",
      type: 'array',
      items: { type: 'string' },
      default: [],
    },
    mysqld_exporter_firewall: {
      description: 'Open the port in ufw; false on hosts without the role ufw.',
      type: 'boolean',
      default: true,
    },
    mysqld_exporter_user: {
      description: "Account: PROCESS, REPLICATION CLIENT and SELECT. Default: role mysql's mysql_exporter_user.",
      type: 'string',
      pattern: '^[A-Za-z0-9_.-]{1,32}$',
      optional: true,
    },
    mysqld_exporter_password: {
      description: "Its password. Default: role mysql's mysql_exporter_password.",
      type: 'string',
      minLength: 1,
      secret: true,
      optional: true,
    },
    mysqld_exporter_socket: {
      description: 'Socket of the server.',
      type: 'string',
      pattern: '^/[A-Za-z0-9_./-]+$',
      default: '/run/mysqld/mysqld.sock',
    },
  },
  provides: ({ vars }) => [
    scrape.of({
      job: 'mysqld',
      port: vars.mysqld_exporter_port,
      address: listeningAddress(vars.mysqld_exporter_listen),
    }),
  ],
  listens: ({ host, vars, facts }) =>
    managementListener('mysqld_exporter', host, facts, vars.mysqld_exporter_port, vars.mysqld_exporter_listen),
  resources({ host, vars, facts, group, provided, template }) {
    const restarted = [restart('prometheus-mysqld-exporter')]
    const readers = listedOrTier(
      { host, group, provided },
      vars.mysqld_exporter_allow_from,
      vars.mysqld_exporter_monitor_tier,
      'mysqld_exporter_allow_from',
      metricsReader,
    )
    const socket = managementSocket(host, facts, vars.mysqld_exporter_port, vars.mysqld_exporter_listen)
    const [account] = provided(mysqlExporterAccount, { host: host.name })
    const user = vars.mysqld_exporter_user ?? account?.value.user ?? 'exporter'
    const password = vars.mysqld_exporter_password ?? account?.value.password
    if (password === undefined) {
      throw new ProvisionError(`no password for the MySQL account '${user}'`, {
        code: 'input',
        hint: 'set mysql_exporter_password: role mysql makes the account with it',
      })
    }
    const wrong = passwordProblem(reveal(password))
    if (wrong !== undefined) {
      throw new ProvisionError(`the exporter can't log in with the password of '${user}': ${wrong}`, {
        code: 'input',
        hint: 'set another mysql_exporter_password; other characters are as good',
      })
    }
    return [
      pkg({ name: 'prometheus-mysqld-exporter', notify: restarted }),
      directory({ path: FOLDER, mode: '0750', owner: 'root', group: 'prometheus' }),
      file({
        path: MY_CNF,
        content: template('my.cnf.ejs', { user, password }),
        mode: '0640',
        owner: 'root',
        group: 'prometheus',
        notify: restarted,
      }),
      file({
        path: '/etc/default/prometheus-mysqld-exporter',
        content: template('default.ejs', {
          flags: [
            '--collect.slave_status',
            `--config.my-cnf=${MY_CNF}`,
            `--web.listen-address=${socket}`,
            ...vars.mysqld_exporter_flags,
          ],
        }),
        mode: '0640',
        // As the package makes it: a password may stand in it.
        owner: 'prometheus',
        group: 'prometheus',
        notify: restarted,
      }),
      systemdUnit({
        unit: 'prometheus-mysqld-exporter.service',
        dropIn: 'provision.conf',
        content: template('unit.conf.ejs'),
      }),
      vars.mysqld_exporter_firewall &&
        allowFrom(readers, { port: vars.mysqld_exporter_port, comment: 'mysqld_exporter' }),
      service({ name: 'prometheus-mysqld-exporter', enabled: true, state: 'started' }),
    ]
  },
})
