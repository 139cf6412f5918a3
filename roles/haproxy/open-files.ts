import type { Facts } from 'provision'
import { bindsIn } from './binds.ts'
import { wrong } from './checks.ts'
import type { HaproxyVars } from './vars.ts'

/** What a unit may open on Debian where nothing else is said. */
const USUAL = 524_288

/** For each connection one to the client and one to the server; besides, what haproxy itself needs. */
const PER_CONNECTION = 2

/** @param backends with how many servers each has: a health check is a connection */
export function neededFiles(vars: HaproxyVars, servers: number, { cpus }: Pick<Facts, 'cpus'>): number {
  return PER_CONNECTION * vars.haproxy_maxconn + reserve(vars, servers, cpus)
}

/** What the unit is to allow. systemd gives what it can where that is less. */
export const limitFor = (needed: number): number => Math.max(USUAL, needed)

/** @throws ProvisionError where haproxy would not start: it refuses to run with fewer files than it needs */
export function checkOpenFiles(vars: HaproxyVars, servers: number, facts: Facts): void {
  const needed = neededFiles(vars, servers, facts)
  if (needed <= facts.openFiles) return
  const fits = Math.floor((facts.openFiles - reserve(vars, servers, facts.cpus)) / PER_CONNECTION)
  throw wrong(
    `haproxy_maxconn: ${vars.haproxy_maxconn} connections need ${needed} open files, and a service may have ${facts.openFiles} here`,
    fits >= 1
      ? `set haproxy_maxconn to ${fits} at most, or raise the limit of open files (of a container: where it is started)`
      : 'raise the limit of open files (of a container: where it is started)',
  )
}

const reserve = (vars: HaproxyVars, servers: number, cpus: number): number => {
  const threads = vars.haproxy_threads ?? cpus
  const binds = vars.haproxy_frontends.flatMap((frontend) => bindsIn(frontend, vars)).length
  return 100 + 2 * servers + binds + 10 * threads
}
