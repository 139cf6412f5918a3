import {
  defineRole,
  type Facts,
  file,
  fileSet,
  ipFamily,
  managementSocket,
  pkg,
  reveal,
  sh,
  sysctl,
  systemdUnit,
  type Text,
} from 'provision'
import { backendViews } from './backends.ts'
import { boundAddresses, listeners } from './binds.ts'
import { checkVars } from './checks.ts'
import { firewallRules } from './firewall.ts'
import { crtLists, frontendViews } from './frontends.ts'
import { lookUpNames } from './names.ts'
import { checkOpenFiles, limitFor, neededFiles } from './open-files.ts'
import { haproxyPackage, haproxyService, reload } from './parts.ts'
import { provides } from './provides.ts'
import { rollout } from './throughput.ts'
import { type HaproxyVars, vars } from './vars.ts'

/** The intermediate list of Mozilla's server side TLS, guideline 5.7, without what has no forward secrecy. */
const CIPHERS = ['ECDSA', 'RSA']
  .flatMap((key) => ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].map((one) => `ECDHE-${key}-${one}`))
  .join(':')
const CIPHERSUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/**
 * Warnings count as errors: haproxy warns of what it will not do. With -q it would not even say why it refuses. Before 2.7
 * it warns of a name that does not resolve, which is no fault of the configuration.
 */
const VALIDATE = sh`
  /usr/local/sbin/haproxy-reload prepare
  said=$(haproxy -c -dW -f "$STAGE/haproxy.cfg" 2>&1) && exit 0
  if ! printf "%s\n" "$said" | grep -F "[WARNING]" | grep -qv "could not resolve address"; then
    said=$(haproxy -c -f "$STAGE/haproxy.cfg" 2>&1) && exit 0
  fi
  printf "%s\n" "$said" >&2
  exit 1
`

export default defineRole({
  name: 'haproxy',
  description:
    'Load balancer: its whole configuration is validated before any of it lands, and a reload loses neither a request nor what was drained.',
  vars,
  provides,
  listens: ({ host, vars, facts }) => listeners(vars, metricsSocket(host, vars, facts)),
  resources({ host, vars, facts, group, provided, template }) {
    checkVars(vars)
    const backends = backendViews(vars.haproxy_backends, group('all'))
    const frontends = frontendViews(vars)
    const servers = backends.reduce((sum, { servers }) => sum + servers.length, 0)
    checkOpenFiles(vars, servers, facts)
    const present = Object.values(facts.addresses).flat()
    const elsewhere = boundAddresses(vars).filter((address) => !present.includes(address))
    return [
      haproxyPackage(vars),
      pkg({ name: 'socat' }),
      file({
        path: '/usr/local/sbin/haproxy-reload',
        content: template('haproxy-reload.ejs'),
        mode: '0755',
        owner: 'root',
        group: 'root',
        validate: sh`sh -n "$file"`,
      }),
      // Before all that it may bring along: what haproxy refuses leaves nothing else of it behind.
      fileSet({
        name: 'haproxy',
        root: '/etc/haproxy',
        files: {
          'haproxy.cfg': config(
            template('haproxy.cfg.ejs', {
              ciphers: CIPHERS,
              ciphersuites: CIPHERSUITES,
              metrics: metricsSocket(host, vars, facts),
              frontends,
              backends,
            }),
          ),
          ...Object.fromEntries(
            Object.entries(vars.haproxy_maps).map(([name, map]) => [
              `maps/${name}.map`,
              config(template('map.ejs', { entries: Object.entries(map) })),
            ]),
          ),
          ...Object.fromEntries(Object.entries(crtLists(vars)).map(([path, text]) => [path, config(text)])),
          ...Object.fromEntries(
            vars.haproxy_certs.map(({ name, pem }) => [
              `certs/${name}.pem`,
              { content: ended(pem), mode: '0600', owner: 'root', group: 'root' },
            ]),
          ),
        },
        purge: ['maps/*', 'certs/*', 'lists/*'],
        validate: VALIDATE,
        notify: [reload],
      }),
      // A floating address is bound on every load balancer, also where it is not at the moment.
      [...new Set(elsewhere.map((address) => ipFamily(address)))].map((family) =>
        sysctl({ name: `net.ipv${family ?? 4}.ip_nonlocal_bind`, value: 1 }),
      ),
      systemdUnit({
        unit: 'haproxy.service',
        dropIn: 'provision.conf',
        content: template('unit.conf.ejs', { files: limitFor(neededFiles(vars, servers, facts)) }),
      }),
      lookUpNames(
        backends.some(({ named }) => named),
        template,
      ),
      vars.haproxy_firewall && firewallRules({ host, vars, group, provided }),
      haproxyService(),
    ]
  },
  rollout,
})

/** Where Prometheus asks. `*` is IPv4's, as the firewall has it for the monitor. */
const metricsSocket = (host: { readonly address: string }, vars: HaproxyVars, facts: Facts): string =>
  managementSocket(host, facts, vars.haproxy_metrics_port, vars.haproxy_metrics_listen).replace(/^:/, '*:')

const config = (content: Text) => ({ content, mode: '0644', owner: 'root', group: 'root' })

type Secret = HaproxyVars['haproxy_certs'][number]['pem']

const ended = (pem: Secret): Text => (reveal(pem).endsWith('\n') ? [pem] : [pem, '\n'])
