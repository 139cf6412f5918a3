import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import { Document, isMap } from 'yaml'
import { InputError } from '../errors.ts'
import { SOURCES } from '../inventory/sources/read-hosts.ts'
import { dnsName, type LabAddresses, labAddresses } from './addresses.ts'
import { changeable } from './hosts-document.ts'
import type { Suite } from './image.ts'
import { rewriteTexts } from './inventory.ts'
import type { LabPlan } from './lab.ts'
import type { Say } from './machine.ts'
import { type RealInventory, realInventory } from './real-hosts.ts'
import type { HostSpec } from './spec.ts'
import { withoutStrangeVars } from './strange-vars.ts'

/** Which inventory of a project is tried, and where. */
export interface ProjectLab {
  /** Folder of the project. */
  readonly root: string
  /** Folder of the inventory. */
  readonly from: string
  /** Folder of the lab: the copy is made in it. */
  readonly labDir: string
  /** The first three numbers of its network. */
  readonly subnet: string
  /** The system of a host. */
  suiteOf(host: { readonly name: string; readonly tier: string }): Suite
  /** Hears what is not as in the project. */
  readonly say: Say
}

/**
 * Copies an inventory for hosts of a lab, whatever its hosts come from: they have the names, tiers, users and vars of the real
 * ones, and addresses of the lab's network wherever the real ones' are written. How to log in is the lab's own, and nobody
 * outside is told of its runs.
 * @throws InputError when its hosts can't be read, or are more than the network has addresses
 */
export async function copyForLab(lab: ProjectLab): Promise<LabPlan> {
  const { root, from, labDir, subnet } = lab
  const real = await realInventory(root, from)
  refuseNumber(real)
  const inLab = labAddresses(real.hosts, subnet)
  const to = join(labDir, 'inventory')
  const hosts = real.hosts.map((host): HostSpec => {
    const { name, tier, user, port } = host
    return {
      name,
      tier,
      address: inLab.addressOf(host),
      alias: dnsName(host.address),
      user,
      sudo: user === 'root' ? 'none' : host.withPassword ? 'password' : 'nopasswd',
      port: port === 22 ? undefined : port,
      suite: lab.suiteOf(host),
      sudoRs: false,
    }
  })
  const document = await documentOf(real, lab)
  await copyFiles(real, lab, to, inLab)
  rewriteConnections(document, from, hosts)
  await writeFile(join(to, 'hosts.yml'), document.toString({ lineWidth: 0 }))
  await rewriteTexts(join(to, 'hosts.yml'), inLab.texts)
  return { hosts, inventory: to }
}

/** A /24 without its network, the machine itself and the broadcast; and more than a machine bears. */
const MOST = 200

function refuseNumber({ written: { file }, hosts }: RealInventory): void {
  if (hosts.length > 0 && hosts.length <= MOST) return
  const message =
    hosts.length === 0 ? 'there is no host in it' : `${hosts.length} hosts are too many for a lab: ${MOST} at most`
  throw new InputError([{ message: `${file}: ${message}` }])
}

/** Its hosts as a hosts.yml: the one that was written, or what a program said. */
async function documentOf(real: RealInventory, { root, from }: ProjectLab): Promise<Document> {
  const path = join(from, 'hosts.yml')
  if (real.written.file === relative(root, path)) return changeable(await readFile(path, 'utf8'))
  return new Document(await withoutStrangeVars(real, root))
}

async function copyFiles(
  { site }: RealInventory,
  { from, say }: ProjectLab,
  to: string,
  { texts }: LabAddresses,
): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await mkdir(to, { recursive: true })
  // What links lead to is copied: it would else be changed where it lies.
  await cp(from, to, { recursive: true, dereference: true })
  await cp(site, join(to, 'site.yml'), { dereference: true })
  await Promise.all(SOURCES.map((source) => rm(join(to, source), { force: true })))
  for (const entry of await readdir(to, { recursive: true })) {
    // A file of SOPS stays as it is: its seal is over every value.
    if (extname(entry) !== '.yml' || entry.endsWith('.sops.yml')) continue
    await rewriteTexts(join(to, entry), texts)
  }
  await withoutHooks(join(to, 'site.yml'), say)
}

/** A trial is nobody's news: what site.yml has be told of runs would take it for one of the real hosts. */
async function withoutHooks(site: string, say: Say): Promise<void> {
  const document = changeable(await readFile(site, 'utf8'))
  if (!document.has('hooks')) return
  document.delete('hooks')
  await writeFile(site, document.toString({ lineWidth: 0 }))
  say('hooks of site.yml are left out: nobody is told of what is tried here')
}

/** In the copy's hosts: addresses, and how to log in. */
function rewriteConnections(document: Document, from: string, hosts: readonly HostSpec[]): void {
  // What ssh_config says of some name or network, a jump host maybe, is of the real ones.
  const connection = { identity_file: '../id_ed25519', known_hosts: '../known_hosts', ssh_config: false }
  document.set('connection', document.createNode(connection))
  const key = document.get('age_key_file')
  if (typeof key === 'string' && !/^[~/]/.test(key)) document.set('age_key_file', join(from, key))
  for (const above of ['tiers', 'groups']) {
    const entries = document.get(above)
    for (const { value } of isMap(entries) ? entries.items : []) if (isMap(value)) value.delete('connection')
  }
  for (const host of hosts) setHost(document, host)
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
