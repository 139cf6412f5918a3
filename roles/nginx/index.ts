import { posix } from 'node:path'
import {
  defineRole,
  directory,
  fileSet,
  keepDrainedServers,
  listedOrAny,
  reload,
  sh,
  systemdUnit,
  tierAddresses,
  ufwRule,
} from 'provision'
import { checkOpenFiles, checkSites } from './checks.ts'
import { siteFiles } from './files.ts'
import { listeners, openPorts } from './listens.ts'
import { namesHash } from './names-hash.ts'
import { nginxPackage, nginxService } from './parts.ts'
import { provides } from './provides.ts'
import { rollout } from './rollout.ts'
import { siteViews } from './sites.ts'
import { upstreamViews } from './upstreams.ts'
import { vars } from './vars.ts'

/**
 * `nginx -s reload` exits 0 when the new configuration is not in use (a port that somebody else has): only new workers
 * prove it. Workers of an earlier reload that still finish their requests don't count; /proc, for procps may be missing.
 */
const WORKERS = sh`
  for pid in $(cat /proc/"$(cat /run/nginx.pid)"/task/*/children); do
    grep -qs "worker process is shutting down" "/proc/$pid/cmdline" || echo "$pid"
  done
`

export default defineRole({
  name: 'nginx',
  description:
    'Web server: static sites and reverse proxy. Its whole configuration is validated before any of it lands.',
  vars,
  provides,
  rollout,
  listens: ({ vars }) => listeners(vars),
  resources({ host, vars, facts, group, template }) {
    checkSites(vars)
    checkOpenFiles(vars, facts)
    const views = siteViews(vars, facts)
    const peers = group('all')
    const upstreams = upstreamViews(vars.nginx_upstreams, peers, host)
    const config = (name: string, data = {}) => ({ content: template(name, data), mode: '0644' })
    const proxies = [
      ...vars.nginx_real_ip_from,
      ...tierAddresses(peers, vars.nginx_real_ip_from_tiers, 'nginx_real_ip_from'),
    ]
    const { nginx_allow_from: listed, nginx_allow_from_tiers: tiers } = vars
    return [
      nginxPackage(vars),
      // Root's, and not in /var/lib/provision, into which the workers could not look.
      directory({ path: posix.dirname(vars.nginx_drain_file), mode: '0755' }),
      // Before all that it may bring along: what nginx refuses leaves nothing else of it behind.
      fileSet({
        name: 'nginx',
        root: '/etc/nginx',
        files: {
          'nginx.conf': config('nginx.conf.ejs', { proxies, namesHash: namesHash(vars.nginx_sites) }),
          'provision/upstreams.conf': {
            ...config('upstreams.conf.ejs', { upstreams }),
            keep: keepDrainedServers,
          },
          'provision/status.conf': config('status.conf.ejs'),
          ...Object.fromEntries(
            views.map((site) => [`provision/sites/${site.name}.conf`, config('site.conf.ejs', { site })]),
          ),
        },
        names: [...new Set(upstreams.flatMap(({ names }) => names))],
        // Only our own folder: what Debian and other packages put elsewhere is not included and does no harm.
        purge: ['provision/**'],
        // Relative includes are looked for beside the file of -c: in the stage.
        validate: sh`nginx -t -q -c "$STAGE/nginx.conf"`,
        notify: [reload('nginx', { changes: WORKERS })],
      }),
      vars.nginx_sites.map((site) => siteFiles(site, host)),
      systemdUnit({ unit: 'nginx.service', dropIn: 'provision.conf', content: template('unit.conf.ejs') }),
      vars.nginx_firewall &&
        openPorts(vars.nginx_sites, vars).map((port) =>
          ufwRule({
            action: 'allow',
            proto: 'tcp',
            port,
            from: listedOrAny(peers, listed, tiers, 'nginx_allow_from'),
            comment: 'nginx',
          }),
        ),
      nginxService(),
    ]
  },
})
