import { keyOf, type Nested, nginxStatus, type Offer, type ProvidesInput, program, upstream } from 'provision'
import { openPorts } from './listens.ts'
import { nginxPackage, nginxService, restarted } from './parts.ts'
import type { NginxVars } from './vars.ts'

/** Which servers it passes requests to, where its counters are; and what stands before it goes out of service with it. */
export const provides = ({ vars }: ProvidesInput<NginxVars>): Nested<Offer> => [
  vars.nginx_upstreams.map(({ name, tier, port, servers }) =>
    upstream.of({ name, ...(tier !== undefined && { tier, port }), servers: servers.map(({ addr }) => addr) }),
  ),
  vars.nginx_status_listen !== '' && nginxStatus.of({ url: `http://${vars.nginx_status_listen}/stub_status` }),
  program.of({
    name: 'nginx',
    ports: openPorts(vars.nginx_sites, vars).filter((port) => port >= 1 && port <= 65535),
    disruptive: [nginxPackage(vars), restarted].map(keyOf),
    requiredServices: [keyOf(nginxService())],
  }),
]
