import { bindsIn } from './binds.ts'
import { wrong } from './checks.ts'
import type { Frontend, HaproxyVars } from './vars.ts'

/** A frontend as its template takes it: everything worked out. */
export interface FrontendView {
  readonly name: string
  readonly mode: Frontend['mode']
  readonly maxconn: number | undefined
  /** Arguments of `bind`, and of the other directives. */
  readonly binds: readonly string[]
  readonly headers: readonly string[]
  readonly lines: readonly string[]
  readonly redirect: boolean
  /** Arguments of `acl`: conditions of routes that are too long for one line. */
  readonly acls: readonly string[]
  readonly routes: readonly string[]
  readonly backend: string | undefined
}

export function frontendViews(vars: HaproxyVars): FrontendView[] {
  return vars.haproxy_frontends.map((frontend) => {
    const routes = frontend.routes.map((route, i) => routeWords(route, i, frontend))
    return {
      name: frontend.name,
      mode: frontend.mode,
      maxconn: frontend.maxconn,
      binds: bindsIn(frontend, vars).map(({ words }) => words + tlsWords(frontend, vars)),
      headers: Object.entries(frontend.headers).map(([name, value]) => `${name} ${quoted(formatted(value))}`),
      lines: frontend.lines,
      redirect: frontend.redirect_to_https,
      acls: routes.flatMap(({ acls }) => acls),
      routes: routes.map(({ use }) => use),
      backend: frontend.backend,
    }
  })
}

/** Files of certificates, in order: the first is for clients without SNI. */
function certificatesOf(frontend: Frontend, vars: HaproxyVars): string[] {
  const { tls } = frontend
  if (tls === undefined) return []
  const named = tls.certs ?? (tls.crt ? [] : vars.haproxy_certs.map(({ name }) => name))
  const crts = [...named.map((name) => `certs/${name}.pem`), ...(tls.crt ?? [])]
  if (crts.length > 0) return crts
  throw wrong(`haproxy_frontends: '${frontend.name}' has tls, but no certificate`, 'give haproxy_certs, or crt')
}

/** More certificates than a line takes: two words each. */
const isLong = (crts: readonly string[]): boolean => crts.length * 2 > MOST_WORDS

const listOf = (frontend: Frontend): string => `lists/${frontend.name}.crt-list`

/** Lists of certificates that are too long for a line, by path. */
export function crtLists(vars: HaproxyVars): Record<string, string> {
  const lists = vars.haproxy_frontends.map((frontend) => ({ frontend, crts: certificatesOf(frontend, vars) }))
  return Object.fromEntries(
    lists.filter(({ crts }) => isLong(crts)).map(({ frontend, crts }) => [listOf(frontend), `${crts.join('\n')}\n`]),
  )
}

function tlsWords(frontend: Frontend, vars: HaproxyVars): string {
  const { tls, mode } = frontend
  if (tls === undefined) return ''
  const crts = certificatesOf(frontend, vars)
  const alpn = tls.alpn ?? (mode === 'http' ? 'h2,http/1.1' : undefined)
  return [
    ' ssl',
    ...(isLong(crts) ? [`crt-list ${listOf(frontend)}`] : crts.map((crt) => `crt ${crt}`)),
    ...(alpn === undefined ? [] : [`alpn ${alpn}`]),
    ...(tls.strict_sni ? ['strict-sni'] : []),
  ].join(' ')
}

/** haproxy takes no more words in a line than 64, those that are not ours to count included. */
const MOST_WORDS = 50

interface RouteWords {
  readonly acls: readonly string[]
  /** Arguments of `use_backend`. */
  readonly use: string
}

function routeWords({ hosts, paths, backend }: Frontend['routes'][number], i: number, { mode }: Frontend): RouteWords {
  const name = mode === 'http' ? 'req.hdr(host),host_only,lower' : 'ssl_fc_sni,lower'
  const conditions = [
    { acl: `route${i}_hosts`, test: `${name} -m str`, values: hosts.map((host) => host.toLowerCase()) },
    { acl: `route${i}_paths`, test: 'path_beg', values: paths },
  ].filter(({ values }) => values.length > 0)
  const short = hosts.length + paths.length <= MOST_WORDS
  return {
    // Lines of one name are one condition: any of them will do.
    acls: short
      ? []
      : conditions.flatMap(({ acl, test, values }) => chunks(values).map((some) => `${acl} ${test} ${some.join(' ')}`)),
    use: `${backend} if ${conditions.map(({ acl, test, values }) => (short ? `{ ${test} ${values.join(' ')} }` : acl)).join(' ')}`,
  }
}

const chunks = (values: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(values.length / MOST_WORDS) }, (_, i) =>
    values.slice(i * MOST_WORDS, (i + 1) * MOST_WORDS),
  )

/** One argument that is taken as it is: between strong quotes nothing but the quote itself is special. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Values of headers are log formats, in which `%` begins a variable. */
const formatted = (text: string): string => text.replaceAll('%', '%%')
