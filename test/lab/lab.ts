import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import pLimit from 'p-limit'
import { getContainerRuntimeClient } from 'testcontainers'
import { boot } from './boot.ts'
import { type Docker, HostContainer, LABEL, type LabContext } from './container.ts'
import { ensureEngine, findEngine } from './engine.ts'
import type { EngineState } from './engine-state.ts'
import { LabHost } from './host.ts'
import { ensureImages } from './image.ts'
import { copyInventory, readHosts, subnetOf, writeInventory } from './inventory.ts'
import { ensureKeys } from './keys.ts'
import { withLock } from './lock.ts'
import type { Say } from './machine.ts'
import { ensureNetwork, removeLab } from './network.ts'
import { ensureReleases } from './releases.ts'
import { type AdHocHost, adHocSpecs, type HostSpec } from './spec.ts'
import { ensureVault } from './vault.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DEFAULT_NAME = 'lab'
const DEFAULT_SUBNET = '10.77.0'

/** Which lab to start; nothing at all means the one that `inventories/lab` describes. */
export interface LabSpec {
  /** Names the lab, its folder `.lab/<name>` and everything in the engine. Default: $LAB_NAME, or `lab`. */
  readonly name?: string | undefined
  /** The first three numbers of its /24 network. Default: $LAB_SUBNET, or the inventory's own. */
  readonly subnet?: string | undefined
  /** The inventory folder whose hosts are started. Default: `inventories/lab`. */
  readonly inventory?: string | undefined
  /** Hosts that no inventory describes, instead of one. */
  readonly hosts?: readonly AdHocHost[] | undefined
  /** Hears what is being done, line by line. Default: silence. */
  readonly say?: Say | undefined
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

/** The lab's name where none is given. */
export function defaultName(): string {
  return process.env.LAB_NAME || DEFAULT_NAME
}

/** Brings a lab up, or uses the one that is up: stopped hosts are started, cut ones healed, changed ones made anew. */
export async function startLab(spec: LabSpec = {}): Promise<Lab> {
  const name = spec.name ?? defaultName()
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new Error(`A lab's name is made of a-z, 0-9 and "-", not "${name}"`)
  const say = spec.say ?? (() => undefined)
  const engine = await ensureEngine(say)
  return withLock(`lab-${name}`, async () => {
    const dir = join(ROOT, '.lab', name)
    const { hosts, inventory } = await describe(spec, name, dir)
    const docker = await connectEngine(engine)
    await refuseForeign(docker, name, dir)
    await ensureNetwork(docker, { name, dir }, subnetOf(hosts))
    const context = { name, dir, keys: await ensureKeys(dir, hosts) }
    if (spec.hosts === undefined) {
      await ensureVault(inventory, dir, hosts, say)
      await ensureReleases(inventory)
    }
    await startHosts(docker, context, hosts, say)
    return labOf(docker, name, dir, inventory, hosts.map(toLabHost(docker, name)))
  })
}

/**
 * The lab of that name as it stands, whatever state its hosts are in; undefined when there is none. No engine, no lab.
 * @throws Error when an engine is there that this user may not use, or that no lab runs on
 */
export async function findLab(name: string): Promise<Lab | undefined> {
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
    }))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((host) => new LabHost(docker, name, host))
  const own = join(dir, 'inventory')
  return labOf(docker, name, dir, existsSync(own) ? own : join(ROOT, 'inventories', 'lab'), hosts)
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

async function describe(spec: LabSpec, name: string, dir: string): Promise<{ hosts: HostSpec[]; inventory: string }> {
  const subnet = spec.subnet ?? (process.env.LAB_SUBNET || undefined)
  if (subnet !== undefined && !/^\d+\.\d+\.\d+$/.test(subnet)) {
    throw new Error(`A lab's subnet is the first three numbers of its addresses, such as 10.78.0, not "${subnet}"`)
  }
  if (spec.hosts) {
    const hosts = adHocSpecs(spec.hosts, subnet ?? DEFAULT_SUBNET)
    return { hosts, inventory: await writeInventory(hosts, dir) }
  }
  const source = resolve(spec.inventory ?? join(ROOT, 'inventories', 'lab'))
  const hosts = await readHosts(source)
  // The inventory as it is describes exactly one lab; any other gets a copy that fits.
  if (name === DEFAULT_NAME && (subnet ?? subnetOf(hosts)) === subnetOf(hosts)) {
    await rm(join(dir, 'inventory'), { recursive: true, force: true })
    return { hosts, inventory: source }
  }
  const inventory = await copyInventory(source, dir, subnet ?? subnetOf(hosts))
  return { hosts: await readHosts(inventory), inventory }
}

/** Two checkouts on one machine may both want to call their lab `lab`: the second is told, and nothing is touched. */
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
  return ({ name, address, user }) => new LabHost(docker, lab, { name, address, login: user })
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
