import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ensureCertificates } from './certificates.ts'
import type { Lab } from './lab.ts'

/** Passwords of the lab's database accounts. Odd on purpose: they have to survive every quoting on their way. */
export const PASSWORDS = {
  replication: `repl 'pa"ss\\w#1`,
  clone: "clone$(id)`x`'2",
  exporter: 'exp%s;ö-3',
  app: `app'"\\ \${HOME} 4`,
} as const

const SITE = { tiers: [{ name: 'db', roles: ['mysql'], rollout: { serial: 1, max_fail_percentage: 0 } }] }

/** What the hosts of the tier share. */
export const groupVars = (ca: string, app: string = PASSWORDS.app): Record<string, unknown> => ({
  mysql_buffer_pool: '64M',
  mysql_options: { max_connections: 60, table_open_cache: 400 },
  mysql_firewall: false,
  mysql_repl_password: PASSWORDS.replication,
  mysql_clone_password: PASSWORDS.clone,
  mysql_exporter_password: PASSWORDS.exporter,
  mysql_tls_ca: ca,
  mysql_databases: [{ name: 'shop' }],
  mysql_users: [
    { name: 'app', host: '10.%', password: app, tls: 'ssl', grants: [{ on: 'shop.*', privileges: ['ALL'] }] },
  ],
})

/** Turns a lab of db hosts into a project's inventory with the role mysql: site, vars, certificates. */
export async function writeDatabaseInventory(lab: Lab, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const { ca, hosts } = await ensureCertificates(lab.dir, lab.hosts.values())
  await mkdir(join(lab.inventory, 'group_vars'), { recursive: true })
  await mkdir(join(lab.inventory, 'host_vars'), { recursive: true })
  await writeFile(join(lab.inventory, 'site.yml'), stringify(SITE))
  await writeFile(join(lab.inventory, 'group_vars', 'db.yml'), stringify({ ...groupVars(ca), ...changes }))
  for (const [name, { cert, key }] of hosts) {
    const vars = { mysql_tls_cert: cert, mysql_tls_key: key }
    await writeFile(join(lab.inventory, 'host_vars', `${name}.yml`), stringify(vars), { mode: 0o600 })
  }
}
