import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeKeyPair } from '../../src/lab/keys.ts'
import type { SimulatedHost } from './simulated.ts'
import type { OpenSite } from './sites.ts'

const INVENTORY = fileURLToPath(new URL('inventory', import.meta.url))
/** Where nothing listens. */
const NO_PORT = 1

/** The folder of one fleet: an inventory, its key, its known_hosts, and what runs keep of it. */
export interface FleetFolder {
  readonly path: string
  readonly inventory: string
  readonly loginKey: string
  /** What runs are told by their environment: caches and records stay in the folder. */
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

export async function fleetFolder(): Promise<FleetFolder> {
  const path = await mkdtemp(join(tmpdir(), 'provision-fleet-'))
  const inventory = join(path, 'inventory')
  await mkdir(inventory)
  await cp(INVENTORY, inventory, { recursive: true })
  const key = makeKeyPair('fleet')
  await writeFile(join(path, 'id_ed25519'), `${key.private.trimEnd()}\n`, { mode: 0o600 })
  return {
    path,
    inventory,
    loginKey: key.public,
    env: { XDG_CACHE_HOME: join(path, 'cache'), XDG_STATE_HOME: join(path, 'state') },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

/** Writes down where the hosts are: as known and as declared as those of a real inventory. */
export async function describeFleet(
  { path, inventory }: FleetFolder,
  hosts: readonly SimulatedHost[],
  sites: readonly OpenSite[],
): Promise<void> {
  const siteOf = new Map(sites.map((site) => [site.site, site]))
  const portOf = ({ site, behaviour }: SimulatedHost): number =>
    behaviour === 'refuses' ? NO_PORT : (siteOf.get(site)?.port ?? NO_PORT)
  const lines = hosts.map(
    (host) =>
      `      ${host.name}: { address: ${host.address}, groups: [site${host.site}], connection: { port: ${portOf(host)} } }`,
  )
  await writeFile(
    join(inventory, 'hosts.yml'),
    [
      'connection: { user: root, identity_file: ../id_ed25519, known_hosts: ../known_hosts }',
      'tiers:',
      '  web:',
      '    hosts:',
      ...lines,
      '',
    ].join('\n'),
  )
  const known = hosts.flatMap((host) => {
    const [type, key] = siteOf.get(host.site)?.keys[host.name]?.split(' ') ?? []
    return key === undefined ? [] : [`[${host.address}]:${portOf(host)} ${type} ${key}\n`]
  })
  await writeFile(join(path, 'known_hosts'), known.join(''))
}
