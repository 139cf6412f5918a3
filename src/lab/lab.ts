import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { getContainerRuntimeClient } from 'testcontainers'
import { boot } from './boot.ts'
import { type Docker, HostContainer, LABEL, type LabContext } from './container.ts'
import { findEngine } from './engine.ts'
import type { EngineState } from './engine-state.ts'
import { LabHost } from './host.ts'
import { ensureImages } from './image.ts'
import { subnetOf } from './inventory.ts'
import { ensureKeys } from './keys.ts'
import { withLock } from './lock.ts'
import type { Say } from './machine.ts'
import { ensureNetwork, removeLab } from './network.ts'
import type { HostSpec } from './spec.ts'

/** What a lab is made of. */
export interface LabPlan {
  readonly hosts: readonly HostSpec[]
  /** The inventory folder that reaches these hosts. */
  readonly inventory: string
}

/** Which lab to start. */
export interface LabStart {
  /** Names the lab and everything in the engine. */
  readonly name: string
  /** The ignored folder for its keys; no other lab has it. */
  readonly dir: string
  /** Finds an engine that answers, or makes one answer. @throws Error why there is none */
  engine(say: Say): Promise<EngineState>
  /** Says which hosts, and writes their inventory. Nobody else does so for this lab at the same time. */
  describe(): Promise<LabPlan>
  /** What the inventory needs besides, when the keys are there. */
  prepare?(plan: LabPlan): Promise<void>
  /** Hears what is being done, line by line. */
  readonly say: Say
}

/** A lab whose hosts run. */
export interface Lab {
  readonly name: string
  /** The ignored folder with its key, known_hosts and become_password. */
  readonly dir: string
  /** The inventory folder that reaches these hosts: give it to `provision --inventory`. */
  readonly inventory: string
  readonly hosts: ReadonlyMap<string, LabHost>
  /** Removes its hosts and network; key, images and engine stay. */
  down(): Promise<void>
}

/** Brings a lab up, or uses the one that is up: stopped hosts are started, cut ones healed, changed ones made anew. */
export async function startLab({ name, dir, engine, describe, prepare, say }: LabStart): Promise<Lab> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new Error(`A lab's name is made of a-z, 0-9 and "-", not "${name}"`)
  const found = await engine(say)
  return withLock(`lab-${name}`, async () => {
    const plan = await describe()
    const docker = await connectEngine(found)
    await refuseForeign(docker, name, dir)
    await ensureNetwork(docker, { name, dir }, subnetOf(plan.hosts), say)
    const context = { name, dir, keys: await ensureKeys(dir, plan.hosts) }
    await prepare?.(plan)
    await startHosts(docker, context, plan.hosts, say)
    return labOf(docker, name, dir, plan.inventory, plan.hosts.map(toLabHost(docker, name)))
  })
}

/** The first three numbers of a network, as they are given. @throws Error when they are none */
export function checkedSubnet(subnet: string): string {
  if (/^\d+\.\d+\.\d+$/.test(subnet)) return subnet
  throw new Error(`A lab's subnet is the first three numbers of its addresses, such as 10.78.0, not "${subnet}"`)
}

/**
 * The lab of that name as it stands, whatever state its hosts are in; undefined when there is none. No engine, no lab.
 * @param asIs the inventory of a lab that has no copy of one
 * @throws Error when an engine is there that this user may not use, or that no lab runs on
 */
export async function findLab(name: string, asIs: string): Promise<Lab | undefined> {
  const engine = await findEngine()
  if (engine.state === 'absent') return undefined
  const docker = await connectEngine(engine)
  const containers = await listContainers(docker, name)
  const dir = containers[0]?.Labels[LABEL.dir]
  if (dir === undefined) return undefined
  const hosts = containers
    .map(({ Labels }) => ({
      name: Labels[LABEL.host] ?? '',
      address: Labels[LABEL.address] ?? '',
      login: Labels[LABEL.user] ?? '',
      port: Labels[LABEL.port] === undefined ? undefined : Number(Labels[LABEL.port]),
      alias: Labels[LABEL.alias],
    }))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((host) => new LabHost(docker, name, host))
  const own = join(dir, 'inventory')
  return labOf(docker, name, dir, existsSync(own) ? own : asIs, hosts)
}

/**
 * The API of the engine that the command `docker` meets.
 * @throws Error why there is none
 */
async function connectEngine(engine: EngineState): Promise<Docker> {
  if (engine.state !== 'ready') throw new Error(engine.advice)
  const docker = (await getContainerRuntimeClient()).container.dockerode
  // The client looks for another one where the first is not to its liking.
  const { ID: met }: { readonly ID?: string } = await docker.info()
  if (met === engine.id) return docker
  throw new Error('The command docker and its API meet different engines: set DOCKER_HOST to the one to use.')
}

/** Two projects on one machine may both want to call their lab the same: the second is told, and nothing is touched. */
async function refuseForeign(docker: Docker, name: string, dir: string): Promise<void> {
  const owner = (await listContainers(docker, name))[0]?.Labels[LABEL.dir]
  if (owner === undefined || owner === dir) return
  if (!existsSync(owner)) return removeLab(docker, name)
  throw new Error(`A lab named ${name} is up already and belongs to ${owner}: choose another --name and --subnet.`)
}

async function startHosts(docker: Docker, lab: LabContext, hosts: readonly HostSpec[], say: Say): Promise<void> {
  const imageFor = await ensureImages(hosts, say)
  const existing = await listContainers(docker, lab.name)
  const wanted = new Map(hosts.map((host) => [host.name, new HostContainer(imageFor(host), host, lab)]))
  const stale = existing.filter(({ Labels }) => wanted.get(Labels[LABEL.host] ?? '')?.config !== Labels[LABEL.config])
  for (const { Id, Labels } of stale) {
    say(`removing ${Labels[LABEL.host]}, which is not as described any more`)
    await docker.getContainer(Id).remove({ force: true, v: true })
  }
  const kept = new Set(existing.filter((each) => !stale.includes(each)).map(({ Labels }) => Labels[LABEL.host]))
  // More at once gains nothing: each boot takes a core for a second.
  const limit = pLimit(6)
  const toHost = toLabHost(docker, lab.name)
  const started = Date.now()
  const results = await Promise.allSettled(
    hosts.map((spec) =>
      limit(async () => {
        const host = toHost(spec)
        if (!kept.has(spec.name)) {
          await boot(docker, new HostContainer(imageFor(spec), spec, lab), { lab: lab.name, host: spec.name }, say)
        } else if (!(await host.status()).connected) await host.heal()
        await host.start()
        const state = await host.ready()
        const what = kept.has(spec.name) ? 'is up' : `booted after ${((Date.now() - started) / 1000).toFixed(1)} s`
        say(`${spec.name} (${spec.address}) ${what}${state === 'running' ? '' : `, systemd says ${state}`}`)
      }),
    ),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function toLabHost(docker: Docker, lab: string): (spec: HostSpec) => LabHost {
  return ({ name, address, user, port, alias }) => new LabHost(docker, lab, { name, address, login: user, port, alias })
}

function labOf(docker: Docker, name: string, dir: string, inventory: string, hosts: readonly LabHost[]): Lab {
  return {
    name,
    dir,
    inventory,
    hosts: new Map(hosts.map((host) => [host.name, host])),
    down: () => removeLab(docker, name),
  }
}

function listContainers(docker: Docker, name: string) {
  return docker.listContainers({ all: true, filters: { label: [`${LABEL.lab}=${name}`] } })
}
