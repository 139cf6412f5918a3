import { nameHint, ProvisionError } from 'provision'
import type { Backend, Frontend, HaproxyVars } from './vars.ts'

/**
 * What no schema can say, and `haproxy -c` only once a host is at hand.
 * @throws ProvisionError (input) for the first thing that is wrong
 */
export function checkVars(vars: HaproxyVars): void {
  const { haproxy_frontends: frontends, haproxy_backends: backends, haproxy_certs: certs } = vars
  unique([...OWN, ...frontends.map(({ name }) => name)], 'haproxy_frontends')
  unique(
    backends.map(({ name }) => name),
    'haproxy_backends',
  )
  const certNames = certs.map(({ name }) => name)
  unique(certNames, 'haproxy_certs')
  for (const one of frontends) {
    checkFrontend(one, backends)
    for (const name of one.tls?.certs ?? []) {
      if (!certNames.includes(name)) {
        throw wrong(`haproxy_frontends: '${one.name}': there is no certificate '${name}'`, nameHint(name, certNames))
      }
    }
  }
}

/** Frontends that the role has of its own. */
const OWN = ['haproxy_health', 'haproxy_metrics']

function checkFrontend(frontend: Frontend, backends: readonly Backend[]): void {
  const at = `haproxy_frontends: '${frontend.name}'`
  const names = backends.map(({ name }) => name)
  const used = [...frontend.routes.map(({ backend }) => backend), ...(frontend.backend ? [frontend.backend] : [])]
  for (const name of used) {
    const found = backends.find((backend) => backend.name === name)
    if (found === undefined) {
      throw wrong(`${at}: there is no backend '${name}'`, nameHint(name, names) ?? 'declare it in haproxy_backends')
    }
    if (found.mode !== frontend.mode) throw wrong(`${at} speaks ${frontend.mode}, its backend '${name}' ${found.mode}`)
  }
  if (used.length === 0 && !frontend.redirect_to_https && frontend.lines.length === 0) {
    throw wrong(`${at}: nothing answers what comes in`, 'give a backend, routes, or redirect_to_https')
  }
  if (frontend.redirect_to_https && frontend.mode === 'tcp') throw wrong(`${at}: tcp knows no redirect`)
  for (const route of frontend.routes) {
    if (route.hosts.length + route.paths.length === 0) {
      throw wrong(
        `${at}: a route to '${route.backend}' names neither hosts nor paths`,
        'for everything else there is backend',
      )
    }
    if (frontend.mode === 'tcp' && (route.paths.length > 0 || frontend.tls === undefined)) {
      throw wrong(`${at}: of tcp a route knows the hosts only, and those only with tls`)
    }
  }
}

function unique(names: readonly string[], where: string): void {
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(`${where}: '${twice}' is there twice`)
}

export const wrong = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(message, { code: 'input', hint })
