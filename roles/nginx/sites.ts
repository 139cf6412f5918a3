import type { Facts } from 'provision'
import { wrong } from './checks.ts'
import { type Listen, listensOf, redirectListensOf } from './listens.ts'
import type { Location, NginxVars, Site } from './vars.ts'

/** A site as its template takes it: everything worked out. */
export interface SiteView {
  readonly name: string
  readonly serverName: string
  /** Arguments of `listen`. */
  readonly listens: readonly string[]
  /** Of the server that sends http to https; empty: there is none. */
  readonly redirectListens: readonly string[]
  readonly tls: Site['tls']
  readonly http2: boolean
  /** Undefined: nothing of it is served from a directory. */
  readonly root: string | undefined
  readonly index: string
  readonly cache: string | undefined
  readonly locations: readonly LocationView[]
}

export interface LocationView extends Omit<Location, 'cache' | 'headers' | 'return'> {
  /** `location` and its arguments. */
  readonly head: string
  readonly expires: string | undefined
  /** Name and value as nginx takes them; all of the site's, for one add_header of its own hides those around it. */
  readonly addHeaders: readonly (readonly [string, string])[]
  readonly answer: string | undefined
  readonly isStatic: boolean
}

/** The sites as their templates take them. @throws ProvisionError when two of them claim the same */
export function siteViews(vars: NginxVars, facts: Facts): SiteView[] {
  const sites = vars.nginx_sites
  const claims = sites.flatMap((site) =>
    [...listensOf(site, vars), ...redirectListensOf(site, vars)].map((listen) => ({ site, listen })),
  )
  checkClaims(claims, vars)
  const isDefault = (site: Site, { id }: Listen): boolean => {
    const there = claims.filter((claim) => claim.listen.id === id).map((claim) => claim.site)
    return (there.find((one) => one.default) ?? there[0]) === site
  }
  const wordsOf = (site: Site, listens: readonly Listen[], words: string): string[] =>
    listens.map((listen) => `${listen.words}${words}${isDefault(site, listen) ? ' default_server' : ''}`)
  return sites.map((site) => {
    const wants2 = site.tls?.http2 === true
    const words = site.tls ? ` ssl${wants2 && !hasHttp2Directive(facts) ? ' http2' : ''}` : ''
    const root = rootOf(site)
    return {
      name: site.name,
      // An empty name is that of requests without a Host.
      serverName: site.server_name.length > 0 ? site.server_name.join(' ') : '""',
      listens: wordsOf(site, listensOf(site, vars), words),
      redirectListens: wordsOf(site, redirectListensOf(site, vars), ''),
      tls: site.tls,
      http2: wants2 && hasHttp2Directive(facts),
      root,
      index: site.index.join(' '),
      cache: expires(site.cache),
      locations: locationsOf(site, root).map((location) => locationView(location, site, vars)),
    }
  })
}

/** Directory of a site that serves files; a site that only passes on or answers has none. */
export function rootOf(site: Site): string | undefined {
  const serves = site.locations.length === 0 || Object.keys(site.files).length > 0
  return site.root ?? (serves || site.locations.some((one) => one.try_files) ? `/var/www/${site.name}` : undefined)
}

const locationsOf = (site: Site, root: string | undefined): Location[] => {
  const hasSlash = site.locations.some(({ path, match }) => path === '/' && match === 'prefix')
  const slash: Location = {
    path: '/',
    match: 'prefix',
    read_timeout: '60s',
    websocket: false,
    allow: [],
    headers: {},
    ...(root === undefined ? { return: { status: 404 } } : { try_files: ['$uri', '$uri/', '=404'] }),
  }
  return hasSlash ? [...site.locations] : [...site.locations, slash]
}

const SIGN = { prefix: '', exact: '= ', regex: '~ ' } as const

const locationView = (location: Location, site: Site, vars: NginxVars): LocationView => {
  const { cache, headers, return: answer, ...rest } = location
  const merged = new Map(
    [vars.nginx_headers, site.headers, headers].flatMap((one) =>
      Object.entries(one).map(([name, value]) => [name.toLowerCase(), [name, quoted(value)] as const]),
    ),
  )
  return {
    ...rest,
    head: `location ${SIGN[location.match]}${quoted(location.path)}`,
    expires: expires(cache),
    addHeaders: [...merged.values()],
    answer: answer && `${answer.status}${answer.text === undefined ? '' : ` ${quoted(answer.text)}`}`,
    isStatic: location.proxy === undefined && answer === undefined,
  }
}

const expires = (cache: string | undefined): string | undefined => (cache === 'no-cache' ? '-1' : cache)

/** One word of nginx's configuration. `$` stays what it is to nginx: a variable. */
export function quoted(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes > 4000) throw wrong(`nginx takes no value of ${bytes} bytes: ${text.slice(0, 60)}…`, '4000 at most')
  if (/^[A-Za-z0-9_./:=@%+,^|?*()$~-]+$/.test(text)) return text
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
  return `"${escaped}"`
}

/** nginx 1.25.1 has a directive for it; the word of `listen` that older ones know brings a warning there. */
const hasHttp2Directive = ({ os }: Facts): boolean => !['bullseye', 'bookworm', 'jammy', 'noble'].includes(os.codename)

interface Claim {
  readonly site: Site
  readonly listen: Listen
}

/** Is it the server that sends to https which listens there? */
const redirected = (site: Site, { id }: Listen, vars: NginxVars): boolean =>
  redirectListensOf(site, vars).some((one) => one.id === id)

function checkClaims(claims: readonly Claim[], vars: NginxVars): void {
  for (const [i, { site, listen }] of claims.entries()) {
    for (const other of claims.slice(0, i).filter((one) => one.listen.id === listen.id)) {
      const [tls, otherTls] = [site, other.site].map((one) => one.tls !== undefined && !redirected(one, listen, vars))
      if (tls !== otherTls) {
        throw wrong(
          `nginx_sites: '${other.site.name}' and '${site.name}' both listen on ${listen.words}, one of them with tls`,
          'a socket of nginx speaks TLS or does not: give one of them another port',
        )
      }
      if (site.default && other.site.default) {
        throw wrong(`nginx_sites: '${other.site.name}' and '${site.name}' are both the default of ${listen.words}`)
      }
      const names = site.server_name.length > 0 ? site.server_name : ['']
      const others = other.site.server_name.length > 0 ? other.site.server_name : ['']
      const name = names.find((one) => others.includes(one))
      if (name !== undefined) {
        const what = name === '' ? 'have no server_name' : `have the server_name ${name}`
        throw wrong(
          `nginx_sites: '${other.site.name}' and '${site.name}' both ${what} on ${listen.words}`,
          'nginx would only warn, and never use the second',
        )
      }
    }
  }
}
