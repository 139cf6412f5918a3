import {
  backend,
  keyOf,
  listeningAddress,
  type Nested,
  type Offer,
  type ProvidesInput,
  parseSocket,
  program,
  scrape,
} from 'provision'
import { namedPorts } from './binds.ts'
import { haproxyPackage, haproxyService, restart } from './parts.ts'
import type { HaproxyVars } from './vars.ts'

/** Metrics; which servers it balances; and what stands before it (keepalived) goes out of service with it. */
export const provides = ({ vars }: ProvidesInput<HaproxyVars>): Nested<Offer> => [
  scrape.of({
    job: 'haproxy',
    port: vars.haproxy_metrics_port,
    address: listeningAddress(vars.haproxy_metrics_listen),
  }),
  vars.haproxy_backends.map(({ name, tier, port, servers }) =>
    backend.of({
      name,
      ...(tier !== undefined && { tier, port }),
      servers: servers.map((one) => ({ name: one.name, address: one.addr })),
      drainTimeout: vars.haproxy_drain_timeout,
    }),
  ),
  program.of({
    name: 'haproxy',
    ports: [...new Set([portOf(vars.haproxy_health_listen), ...vars.haproxy_frontends.flatMap(namedPorts)])],
    disruptive: [haproxyPackage(vars), restart].map(keyOf),
    requiredServices: [keyOf(haproxyService())],
  }),
]

const portOf = (socket: string): number => Number(parseSocket(socket).port)
