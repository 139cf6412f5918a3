import { type HostRollout, prometheusApi, type RoleInput, tierThroughput } from 'provision'
import type { HaproxyVars } from './vars.ts'

/** What its frontends are asked, and what became of it. What is done around its changes, role keepalived says. */
export function rollout({ host, vars, provided }: RoleInput<HaproxyVars>): HostRollout | undefined {
  const names = vars.haproxy_frontends.filter(({ mode }) => mode !== 'tcp').map(({ name }) => name)
  const monitors = provided(prometheusApi)
  if (names.length === 0 || monitors.length === 0) return undefined
  const metric = 'haproxy_frontend_http_responses_total'
  const matchers = ['job="haproxy"', `tier="${host.tier}"`, `proxy=~"${names.join('|')}"`]
  return {
    disruptive: [],
    throughput: tierThroughput({
      monitors,
      requests: { metric, matchers },
      errors: [{ metric, matchers: [...matchers, 'code="5xx"'] }],
    }),
  }
}
