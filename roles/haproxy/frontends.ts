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
  readonly routes: readonly string[]
  readonly backend: string | undefined
}

export function frontendViews(vars: HaproxyVars): FrontendView[] {
  return vars.haproxy_frontends.map((frontend) => ({
    name: frontend.name,
    mode: frontend.mode,
    maxconn: frontend.maxconn,
    binds: bindsIn(frontend, vars).map(({ words }) => words + tlsWords(frontend, vars)),
    headers: Object.entries(frontend.headers).map(([name, value]) => `${name} ${quoted(formatted(value))}`),
    lines: frontend.lines,
    redirect: frontend.redirect_to_https,
    routes: frontend.routes.map((route) => routeWords(route, frontend)),
    backend: frontend.backend,
  }))
}

function tlsWords(frontend: Frontend, vars: HaproxyVars): string {
  const { tls, mode } = frontend
  if (tls === undefined) return ''
  const named = tls.certs ?? (tls.crt ? [] : vars.haproxy_certs.map(({ name }) => name))
  const crts = [...named.map((name) => `certs/${name}.pem`), ...(tls.crt ?? [])]
  if (crts.length === 0)
    throw wrong(`haproxy_frontends: '${frontend.name}' has tls, but no certificate`, 'give haproxy_certs, or crt')
  const alpn = tls.alpn ?? (mode === 'http' ? 'h2,http/1.1' : undefined)
  return [
    ' ssl',
    ...crts.map((crt) => `crt ${crt}`),
    ...(alpn === undefined ? [] : [`alpn ${alpn}`]),
    ...(tls.strict_sni ? ['strict-sni'] : []),
  ].join(' ')
}

function routeWords({ hosts, paths, backend }: Frontend['routes'][number], { mode }: Frontend): string {
  const name = mode === 'http' ? 'req.hdr(host),host_only,lower' : 'ssl_fc_sni,lower'
  const conditions = [
    ...(hosts.length > 0 ? [`{ ${name} -m str ${hosts.map((host) => host.toLowerCase()).join(' ')} }`] : []),
    ...(paths.length > 0 ? [`{ path_beg ${paths.join(' ')} }`] : []),
  ]
  return `${backend} if ${conditions.join(' ')}`
}

/** One argument that is taken as it is: between strong quotes nothing but the quote itself is special. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Values of headers are log formats, in which `%` begins a variable. */
const formatted = (text: string): string => text.replaceAll('%', '%%')
