import {
  floatingAddress,
  isIn,
  type Provided,
  type ProvidingHost,
  ProvisionError,
  prober,
  program,
  type RoleInput,
  scrape,
  socketOf,
  type ValueOf,
} from 'provision'
import type { PrometheusVars } from './vars.ts'

/** One target; its name and everything else about it are labels. Those with two underscores say how to ask. */
export interface Target {
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Job {
  readonly name: string
  readonly path: string
  readonly targets: readonly Target[]
}

/** Labels that tell targets of one job apart. */
export const IDENTITY = ['instance', 'from', 'port'] as const

type Input = Pick<RoleInput<PrometheusVars>, 'host' | 'vars' | 'group' | 'provided'>

/** Jobs that are the role's own. */
const OWN = ['prometheus', 'link', 'vip', 'tls']

/**
 * Everything that is to be scraped: what roles provide, what is probed, what the vars name. A job without targets is left
 * out.
 * @throws ProvisionError (input) for two jobs of a name, or two targets that nothing tells apart
 */
export function jobsOf(input: Input): Job[] {
  const { host, vars } = input
  const probes = (name: string, targets: readonly Target[]): Job => ({ name, path: '/probe', targets })
  const jobs = [
    { name: 'prometheus', path: METRICS, targets: [hostTarget(host, host.address, vars.prometheus_port)] },
    ...providedJobs(input),
    probes('link', linkTargets(input)),
    probes('vip', vipTargets(input)),
    probes('tls', tlsTargets(input)),
    ...vars.prometheus_jobs.map(({ name, path, targets }) => ({
      name,
      path,
      targets: targets.map(({ instance, address, labels }) => ({ address, labels: { instance, ...labels } })),
    })),
  ].filter(({ targets }) => targets.length > 0)
  const twice = jobs.find(({ name }, i) => jobs.findIndex((other) => other.name === name) < i)
  if (twice !== undefined)
    throw wrong(`two jobs are named '${twice.name}'`, 'give the one of prometheus_jobs another name')
  return jobs
}

/** Floating addresses: those that the var lists, or those that roles provide. */
export function vipsOf({ vars, provided }: Input): string[] {
  return [...new Set(vars.prometheus_vips ?? provided(floatingAddress).map(({ value }) => value.address))]
}

const METRICS = '/metrics'

/** By name: the order of the hosts is that of the targets. */
function providedJobs({ provided }: Input): Job[] {
  const jobs = new Map<string, Target[]>()
  for (const { host, role, value } of provided(scrape)) {
    if (OWN.includes(value.job))
      throw wrong(`role '${role}' provides metrics as the job '${value.job}', which is the role's own`)
    const { path = METRICS } = value
    const target = hostTarget(host, value.address ?? host.address, value.port, {
      ...value.labels,
      ...(path !== METRICS && { __metrics_path__: path }),
    })
    const targets = jobs.get(value.job)
    if (targets === undefined) jobs.set(value.job, [target])
    else targets.push(target)
  }
  return [...jobs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, targets]) => ({ name, path: METRICS, targets: toldApart(name, targets) }))
}

/** Prometheus would mix up the samples of two targets with the same labels. */
function toldApart(job: string, targets: readonly Target[]): readonly Target[] {
  const seen = new Map<string, Target>()
  for (const target of targets) {
    const labels = JSON.stringify(
      Object.entries(target.labels)
        .filter(([name]) => !name.startsWith('__'))
        .sort(),
    )
    const other = seen.get(labels)
    if (other !== undefined) {
      throw wrong(
        `job '${job}': ${other.address} and ${target.address} of ${target.labels.instance} have the same labels`,
        'scrape.of({ …, labels: { … } }) tells them apart, or another job',
      )
    }
    seen.set(labels, target)
  }
  return targets
}

type Named = Pick<ProvidingHost, 'name' | 'tier'>

const hostTarget = (host: Named, address: string, port: number, more: Target['labels'] = {}): Target => ({
  address: socketOf(address, port),
  labels: { instance: host.name, tier: host.tier, ...more },
})

/** Each host of the one tier or group asks each host of the other: what the firewall and the network between them do, counts. */
function linkTargets({ vars, group, provided }: Input): Target[] {
  const probers = provided(prober)
  return vars.prometheus_links.flatMap(({ from, to, probe, port, role, path }) => {
    const sources = probers.filter(({ host }) => isIn(host, from))
    if (sources.length === 0) return []
    const ports = new Map(
      provided(program).flatMap((one) => (one.role === role ? [[one.host.name, one.value.ports[0]]] : [])),
    )
    const members = group('all').filter((peer) => isIn(peer, to))
    return sources.flatMap((source) =>
      members.flatMap((target) => {
        const wanted = ports.get(target.name) ?? port
        if (wanted === undefined || target.name === source.host.name) return []
        const socket = socketOf(target.address, wanted)
        const labels = { instance: target.name, tier: to, from_tier: from, port: String(wanted) }
        return [probeBy(source, probe, probe === 'http' ? `http://${socket}${path}` : socket, labels)]
      }),
    )
  })
}

const vipTargets = (input: Input): Target[] =>
  vipsOf(input).flatMap((vip) => {
    const { prometheus_vip_port: port, prometheus_vip_path: path } = input.vars
    return probeHere(input, 'http', `http://${socketOf(vip, port)}${path}`, { instance: vip, port: String(port) })
  })

const tlsTargets = (input: Input): Target[] =>
  input.vars.prometheus_tls_targets.flatMap((address) => probeHere(input, 'tls', address, { instance: address }))

/** A question that this host asks; none where it has nobody to ask for it. */
const probeHere = ({ host, provided }: Input, module: string, target: string, labels: Target['labels']): Target[] =>
  provided(prober, { host: host.name })
    .slice(0, 1)
    .map((source) => probeBy(source, module, target, labels))

const probeBy = ({ host, value }: Prober, module: string, target: string, labels: Target['labels']): Target => ({
  address: socketOf(host.address, value.port),
  labels: { ...labels, from: host.name, __param_module: module, __param_target: target },
})

type Prober = Provided<ValueOf<typeof prober>>

const wrong = (message: string, hint?: string): ProvisionError => new ProvisionError(message, { code: 'input', hint })
