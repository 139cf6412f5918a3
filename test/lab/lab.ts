import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureEngine } from '../../src/lab/engine.ts'
import { subnetOf, writeInventory } from '../../src/lab/inventory.ts'
import { checkedSubnet, type Lab, type LabPlan, findLab as labThere, startLab as start } from '../../src/lab/lab.ts'
import type { Say } from '../../src/lab/machine.ts'
import { type AdHocHost, adHocSpecs } from '../../src/lab/spec.ts'
import { copyInventory, readHosts } from './inventory.ts'
import { ensureReleases } from './releases.ts'
import { ensureVault } from './vault.ts'

export type { Lab } from '../../src/lab/lab.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DEFAULT_NAME = 'lab'
const DEFAULT_SUBNET = '10.77.0'
const DEFAULT_INVENTORY = join(ROOT, 'inventories', 'lab')

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

/** The lab's name where none is given. */
export function defaultName(): string {
  return process.env.LAB_NAME || DEFAULT_NAME
}

/** Brings a lab of this checkout up, with the secrets and releases that its inventory needs. */
export async function startLab(spec: LabSpec = {}): Promise<Lab> {
  const name = spec.name ?? defaultName()
  const dir = join(ROOT, '.lab', name)
  const say = spec.say ?? (() => undefined)
  return start({
    name,
    dir,
    say,
    engine: ensureEngine,
    describe: () => describe(spec, name, dir),
    async prepare({ hosts, inventory }) {
      if (spec.hosts !== undefined) return
      await ensureVault(inventory, dir, hosts, say)
      await ensureReleases(inventory)
    },
  })
}

/**
 * The lab of that name as it stands; undefined when there is none.
 * @throws Error when an engine is there that this user may not use, or that no lab runs on
 */
export const findLab = (name: string): Promise<Lab | undefined> => labThere(name, DEFAULT_INVENTORY)

async function describe(spec: LabSpec, name: string, dir: string): Promise<LabPlan> {
  const given = spec.subnet ?? (process.env.LAB_SUBNET || undefined)
  const subnet = given === undefined ? undefined : checkedSubnet(given)
  if (spec.hosts) {
    const hosts = adHocSpecs(spec.hosts, subnet ?? DEFAULT_SUBNET)
    return { hosts, inventory: await writeInventory(hosts, dir) }
  }
  const source = resolve(spec.inventory ?? DEFAULT_INVENTORY)
  const hosts = await readHosts(source)
  // The inventory as it is describes exactly one lab; any other gets a copy that fits.
  if (name === DEFAULT_NAME && (subnet ?? subnetOf(hosts)) === subnetOf(hosts)) {
    await rm(join(dir, 'inventory'), { recursive: true, force: true })
    return { hosts, inventory: source }
  }
  const inventory = await copyInventory(source, dir, subnet ?? subnetOf(hosts))
  return { hosts: await readHosts(inventory), inventory }
}
