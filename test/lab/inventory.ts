import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, extname, join, relative } from 'node:path'
import { parse, parseDocument, type Scalar, stringify, visit } from 'yaml'
import { type HostSpec, imageOf } from './spec.ts'

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

/** The first three numbers that all hosts' addresses share. */
export function subnetOf(hosts: readonly HostSpec[]): string {
  const subnets = new Set(hosts.map((host) => host.address.replace(/\.\d+$/, '')))
  const [subnet, ...others] = subnets
  if (subnet === undefined || others.length > 0) {
    throw new Error(`All hosts of a lab share one /24 network, not ${[...subnets].join(', ')}`)
  }
  return subnet
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
    if (extname(entry) === '.yml') await rewrite(join(to, entry), labDir, `${oldSubnet}.`, `${subnet}.`)
  }
  return to
}

/** Writes an inventory for hosts that none describes. */
export async function writeInventory(hosts: readonly HostSpec[], labDir: string): Promise<string> {
  const to = join(labDir, 'inventory')
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  const tiers: Record<string, { hosts: Record<string, unknown> }> = {}
  for (const host of hosts) {
    const password = host.sudo === 'password' ? { become_password_file: '../become_password' } : {}
    tiers[host.tier] ??= { hosts: {} }
    const tier = tiers[host.tier]
    if (tier) tier.hosts[host.name] = { address: host.address, connection: { user: host.user, ...password } }
  }
  const connection = { identity_file: '../id_ed25519', known_hosts: '../known_hosts' }
  await writeFile(join(to, 'hosts.yml'), stringify({ connection, tiers }))
  return to
}

/** Through the document, not the text: comments and layout stay, and nothing but values is touched. */
async function rewrite(file: string, labDir: string, oldPrefix: string, newPrefix: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const document = parseDocument(text)
  let changed = false
  visit(document, {
    Scalar(_, node: Scalar) {
      if (typeof node.value !== 'string') return
      const inLab = /^(?:\.\.\/)+\.lab\/[^/]+\/(.+)$/.exec(node.value)?.[1]
      const value = inLab ? relative(dirname(file), join(labDir, inLab)) : node.value.replaceAll(oldPrefix, newPrefix)
      if (value === node.value) return
      node.value = value
      changed = true
    },
  })
  if (changed) await writeFile(file, document.toString({ lineWidth: 0 }).replace('$schema=../../', '$schema=../../../'))
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
