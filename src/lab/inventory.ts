import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument, stringify, visit } from 'yaml'
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
 * Changes texts in a file of YAML, where they stand: comments, layout and numbers stay as they were written, and nothing but
 * values is touched.
 * @param anew what becomes of a text
 */
export async function rewriteTexts(file: string, anew: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const parts: string[] = []
  let done = 0
  visit(parseDocument(text), {
    Scalar(key, { value, range }) {
      if (key === 'key' || typeof value !== 'string' || !range) return
      const [from, to] = range
      const written = text.slice(from, to)
      const wanted = anew(value)
      if (wanted === value) return
      parts.push(text.slice(done, from), written.includes(value) ? written.replace(value, () => wanted) : anew(written))
      done = to
    },
  })
  if (parts.length === 0) return
  const changed = [...parts, text.slice(done)].join('')
  await writeFile(file, changed.replace('$schema=../../', '$schema=../../../'))
}
