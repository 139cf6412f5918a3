import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, extname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { rewriteTexts, subnetOf } from '../../src/lab/inventory.ts'
import type { HostSpec } from '../../src/lab/spec.ts'
import { imageOf } from './images.ts'

type Mapping = Readonly<Record<string, unknown>>

/** Reads the hosts of an inventory folder as the lab sees them: name, tier, address, login. */
export async function readHosts(folder: string): Promise<HostSpec[]> {
  const file = join(folder, 'hosts.yml')
  const root = mapping(parse(await readFile(file, 'utf8')))
  const hosts: HostSpec[] = []
  for (const [tier, tierBody] of Object.entries(mapping(root.tiers))) {
    for (const [name, hostBody] of Object.entries(mapping(mapping(tierBody).hosts))) {
      const host = mapping(hostBody)
      const connection = {
        ...mapping(root.connection),
        ...mapping(mapping(tierBody).connection),
        ...mapping(host.connection),
      }
      const { address, user = 'root' } = { address: host.address, user: connection.user }
      if (typeof address !== 'string' || !/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
        throw new Error(`${file}: host ${name} needs an IPv4 address to be a lab host`)
      }
      if (user !== 'root' && user !== 'deploy') {
        throw new Error(`${file}: host ${name}: lab hosts know the users root and deploy, not ${String(user)}`)
      }
      const withPassword = connection.become_password_file !== undefined
      const sudo = user === 'root' ? 'none' : withPassword ? 'password' : 'nopasswd'
      hosts.push({ name, tier, address, user, sudo, ...imageOf(name) })
    }
  }
  if (hosts.length === 0) throw new Error(`${file}: no hosts`)
  return hosts
}

/**
 * Copies an inventory folder for a lab with another name or network: addresses anywhere in its YAML are moved to
 * `subnet`, paths into a lab's folder point to `labDir`. The site file beside the inventories comes along.
 */
export async function copyInventory(from: string, labDir: string, subnet: string): Promise<string> {
  const to = join(labDir, 'inventory')
  const oldSubnet = subnetOf(await readHosts(from))
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  const site = join(from, '..', 'site.yml')
  if (await exists(site)) await cp(site, join(to, 'site.yml'))
  // What the lab of that inventory made for itself stays its own.
  await cp(from, to, { recursive: true, filter: (path) => !/\.sops\.ya?ml$/.test(path) })
  for (const entry of await readdir(to, { recursive: true })) {
    if (extname(entry) !== '.yml') continue
    const file = join(to, entry)
    await rewriteTexts(file, (text) => {
      const inLab = /^(?:\.\.\/)+\.lab\/[^/]+\/(.+)$/.exec(text)?.[1]
      return inLab ? relative(dirname(file), join(labDir, inLab)) : text.replaceAll(`${oldSubnet}.`, `${subnet}.`)
    })
  }
  return to
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {}
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
