import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import { type Document, isMap, parseDocument } from 'yaml'
import { InputError, ProvisionError } from '../errors.ts'
import { isMapping } from '../inventory/vars.ts'
import { parseYaml } from '../inventory/yaml.ts'
import type { Suite } from './image.ts'
import { rewriteTexts } from './inventory.ts'
import type { LabPlan } from './lab.ts'
import type { HostSpec } from './spec.ts'

/** Which inventory of a project is tried, and where. */
export interface ProjectLab {
  /** Folder of the inventory. */
  readonly from: string
  /** Folder of the lab: the copy is made in it. */
  readonly labDir: string
  /** The first three numbers of its network. */
  readonly subnet: string
  /** The system of a host. */
  suiteOf(host: { readonly name: string; readonly tier: string }): Suite
}

/** A host as the inventory has it. */
interface RealHost {
  readonly name: string
  readonly tier: string
  readonly address: string
  readonly connection: Readonly<Record<string, unknown>>
}

/**
 * Copies an inventory for hosts of a lab: they have the names, tiers, users and vars of the real ones, and addresses of the
 * lab's network wherever the real ones' are written. How to log in is the lab's own.
 * @throws InputError when hosts.yml can't be read, or has more hosts than the network has addresses
 */
export async function copyForLab(lab: ProjectLab): Promise<LabPlan> {
  const { from, labDir, subnet } = lab
  const file = join(from, 'hosts.yml')
  const real = await realHosts(file)
  const inLab = labAddresses(real, subnet)
  const to = join(labDir, 'inventory')
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  const site = join(from, '..', 'site.yml')
  if (existsSync(site)) await cp(site, join(to, 'site.yml'))
  await cp(from, to, { recursive: true })
  for (const entry of await readdir(to, { recursive: true })) {
    // A file of SOPS stays as it is: its seal is over every value.
    if (extname(entry) !== '.yml' || entry.endsWith('.sops.yml')) continue
    await rewriteTexts(join(to, entry), inLab.texts)
  }
  const hosts = real.map((host): HostSpec => {
    const user = typeof host.connection.user === 'string' ? host.connection.user : 'root'
    const withPassword = host.connection.become_password_file !== undefined
    return {
      name: host.name,
      tier: host.tier,
      address: inLab.addressOf(host),
      user,
      sudo: user === 'root' ? 'none' : withPassword ? 'password' : 'nopasswd',
      port: typeof host.connection.port === 'number' ? host.connection.port : undefined,
      suite: lab.suiteOf(host),
      sudoRs: false,
    }
  })
  await rewriteConnections(join(to, 'hosts.yml'), from, hosts)
  return { hosts, inventory: to }
}

async function realHosts(file: string): Promise<RealHost[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) {
    throw new ProvisionError(`${file} is missing`, {
      code: 'input',
      hint: 'a lab is made of the hosts of an inventory that is a hosts.yml',
    })
  }
  const { value, problems } = parseYaml(text, file)
  if (problems.length > 0) throw new InputError(problems)
  const root = mapping(value)
  const hosts = Object.entries(mapping(root.tiers)).flatMap(([tier, body]) =>
    Object.entries(mapping(mapping(body).hosts)).map(([name, written]): RealHost => {
      const host = mapping(written)
      const connection = {
        ...mapping(root.connection),
        ...mapping(mapping(body).connection),
        ...mapping(host.connection),
      }
      return { name, tier, address: String(host.address ?? name), connection }
    }),
  )
  if (hosts.length > 0 && hosts.length <= MOST) return hosts
  const message =
    hosts.length === 0 ? 'there is no host in it' : `${hosts.length} hosts are too many for a lab: ${MOST} at most`
  throw new InputError([{ message: `${file}: ${message}` }])
}

/** A /24 without its network, the machine itself and the broadcast; and more than a machine bears. */
const MOST = 200

/** Where the hosts are in the lab, and what becomes of texts that name their addresses. */
interface LabAddresses {
  addressOf(host: RealHost): string
  texts(text: string): string
}

/**
 * Hosts that share a /24 keep the last number of their addresses, so that all of that network moves along: floating
 * addresses, networks in rules. Others are numbered, and what moves is the addresses themselves.
 */
function labAddresses(hosts: readonly RealHost[], subnet: string): LabAddresses {
  const prefixes = new Set(hosts.map(({ address }) => /^(\d+\.\d+\.\d+\.)(\d+)$/.exec(address)?.[1]))
  const [prefix, ...others] = prefixes
  const free = ({ address }: RealHost): boolean => !/\.(0|1|255)$/.test(address)
  if (prefix !== undefined && others.length === 0 && hosts.every(free)) {
    const moved = new RegExp(`(?<![\\d.])${prefix.replaceAll('.', '\\.')}(?=\\d)`, 'g')
    const texts = (text: string): string => text.replaceAll(moved, `${subnet}.`)
    return { addressOf: ({ address }) => texts(address), texts }
  }
  const numbers = new Map(hosts.map(({ address }, i) => [address, `${subnet}.${11 + i}`]))
  const words = [...numbers.keys()].flatMap((address) => {
    if (address.includes(':')) return [`\\[${address}\\]|(?<!\\[)${address}(?![\\w:])`]
    return /^[\d.]+$/.test(address) ? [`${address.replaceAll('.', '\\.')}(?!\\w|\\.\\d)`] : []
  })
  const named = new RegExp(`(?<![\\w.:])(?:${words.join('|')})`, 'g')
  const inLab = (address: string): string => numbers.get(address.replaceAll(/[[\]]/g, '')) ?? address
  return {
    addressOf: ({ address }) => numbers.get(address) ?? address,
    // A DNS name may be more than a host's address (a server_name): it stays where it stands alone.
    texts: (text) => (words.length === 0 ? text : text.replaceAll(named, inLab)),
  }
}

/** In the copy's hosts.yml: addresses, and how to log in. */
async function rewriteConnections(file: string, from: string, hosts: readonly HostSpec[]): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'))
  document.set('connection', document.createNode({ identity_file: '../id_ed25519', known_hosts: '../known_hosts' }))
  const key = document.get('age_key_file')
  if (typeof key === 'string' && !/^[~/]/.test(key)) document.set('age_key_file', join(from, key))
  for (const { tier } of hosts)
    if (isMap(document.getIn(['tiers', tier]))) document.deleteIn(['tiers', tier, 'connection'])
  const groups = document.get('groups')
  for (const group of isMap(groups) ? groups.items : []) {
    if (isMap(group.value)) group.value.delete('connection')
  }
  for (const host of hosts) setHost(document, host)
  await writeFile(file, document.toString({ lineWidth: 0 }))
}

function setHost(document: Document, { tier, name, address, user, sudo, port }: HostSpec): void {
  const at = ['tiers', tier, 'hosts', name]
  const password = sudo === 'password' ? { become_password_file: '../become_password' } : {}
  const connection = { user, ...(port === undefined ? {} : { port }), ...password }
  document.setIn([...at, 'address'], address)
  document.setIn([...at, 'connection'], document.createNode(connection, { flow: true }))
}

/** Makes the folder of a project's labs, with keys in it, one that git does not see. */
export async function keptOut(root: string): Promise<void> {
  await mkdir(join(root, '.lab'), { recursive: true })
  await writeFile(join(root, '.lab', '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
}

/** As `--inventory` takes it, from the folder of the project. */
export const inventoryWord = (root: string, inventory: string): string => {
  const near = relative(root, inventory)
  return near.includes('/') ? near : `./${near || basename(inventory)}`
}

const mapping = (value: unknown): Readonly<Record<string, unknown>> => (isMapping(value) ? value : {})
