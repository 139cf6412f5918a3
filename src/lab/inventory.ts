import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument, type Scalar, stringify, visit } from 'yaml'
import type { HostSpec } from './spec.ts'

/** The first three numbers that all hosts' addresses share. */
export function subnetOf(hosts: readonly HostSpec[]): string {
  const subnets = new Set(hosts.map((host) => host.address.replace(/\.\d+$/, '')))
  const [subnet, ...others] = subnets
  if (subnet === undefined || others.length > 0) {
    throw new Error(`All hosts of a lab share one /24 network, not ${[...subnets].join(', ')}`)
  }
  return subnet
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

/**
 * Changes texts in a file of YAML, through the document: comments and layout stay, and nothing but values is touched.
 * @param anew what becomes of a text
 */
export async function rewriteTexts(file: string, anew: (text: string) => string): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'))
  let changed = false
  visit(document, {
    Scalar(_, node: Scalar) {
      if (typeof node.value !== 'string') return
      const value = anew(node.value)
      if (value === node.value) return
      node.value = value
      changed = true
    },
  })
  if (changed) await writeFile(file, document.toString({ lineWidth: 0 }).replace('$schema=../../', '$schema=../../../'))
}
