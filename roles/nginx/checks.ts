import { type Facts, nameHint, ProvisionError } from 'provision'
import type { Location, NginxVars, Site } from './vars.ts'

/**
 * What no schema can say and `nginx -t` says too late, or only as a warning.
 * @throws ProvisionError (input) for the first thing that is wrong
 */
export function checkSites({ nginx_sites: sites, nginx_upstreams: upstreams }: NginxVars): void {
  unique(
    upstreams.map(({ name }) => name),
    'nginx_upstreams',
  )
  unique(
    sites.map(({ name }) => name),
    'nginx_sites',
  )
  const names = upstreams.map(({ name }) => name)
  for (const site of sites) {
    unique(
      site.locations.map(({ path, match }) => `${match} ${path}`),
      `nginx_sites: site '${site.name}', locations`,
    )
    for (const one of site.locations) checkLocation(one, site, names)
  }
}

/**
 * A worker opens a file for each connection, and one more for what it passes on or sends.
 * @throws ProvisionError where the host has fewer: nginx would only warn, and turn clients away when they are many
 */
export function checkOpenFiles({ nginx_worker_connections: connections }: NginxVars, { openFiles }: Facts): void {
  if (connections * 2 <= openFiles) return
  throw wrong(
    `nginx_worker_connections: ${connections} connections need ${connections * 2} open files, and a service may have ${openFiles} here`,
    `set nginx_worker_connections to ${Math.floor(openFiles / 2)} at most, or raise the limit of open files (of a container: where it is started)`,
  )
}

function checkLocation(location: Location, { name }: Site, upstreams: readonly string[]): void {
  const at = `nginx_sites: site '${name}', location ${location.path}`
  const { proxy } = location
  if (proxy !== undefined && !upstreams.includes(proxy)) {
    throw wrong(`${at}: there is no upstream '${proxy}'`, nameHint(proxy, upstreams) ?? 'declare it in nginx_upstreams')
  }
  const answers = [proxy, location.root ?? location.try_files, location.return].filter((one) => one !== undefined)
  if (answers.length > 1)
    throw wrong(`${at}: it can't do several things at once`, 'one of proxy, root or try_files, return')
  if (location.match !== 'regex' && !location.path.startsWith('/')) {
    throw wrong(`${at}: a path begins with /`, 'or is it a regular expression? then add match: regex')
  }
  if (proxy === undefined && location.proxy_path !== undefined) throw wrong(`${at}: proxy_path is for proxy`)
  if (location.proxy_path !== undefined && location.match === 'regex') {
    throw wrong(`${at}: a regular expression can't have a proxy_path`, 'nginx would not know what to replace')
  }
}

function unique(names: readonly string[], where: string): void {
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(`${where}: '${twice}' is there twice`)
}

export const wrong = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(message, { code: 'input', hint })
