import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadInventory } from '../src/inventory/load.ts'

/**
 * How long an inventory of many hosts takes to be read and checked: hosts.yml with a line a host (groups, three vars), 300
 * vars of all, 100 of a tier. Goal: 5,000 hosts in 2 s on an idle machine.
 */
const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '5000' }, runs: { type: 'string', default: '3' } },
})
const count = Number(values.hosts)
const root = mkdtempSync(join(tmpdir(), 'provision-bench-'))

const host = (i: number): string =>
  `      h${i}: { address: 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}, groups: [g${i % 50}], ` +
  `vars: { rack: r${i % 40}, port: ${i}, limits: { a: 1, b: 2 } } }`
const members = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => host(from + i))
const half = Math.ceil(count / 2)
const lines = (length: number, lineOf: (i: number) => string): string =>
  Array.from({ length }, (_, i) => lineOf(i)).join('\n')

try {
  mkdirSync(join(root, 'inventories/bench/group_vars'), { recursive: true })
  const write = (file: string, text: string) => writeFileSync(join(root, 'inventories', file), text)
  write('site.yml', 'tiers: [{ name: web, roles: [] }, { name: db, roles: [] }]')
  const tiers = ['  web:', '    hosts:', ...members(0, half), '  db:', '    hosts:', ...members(half, count)]
  write('bench/hosts.yml', ['tiers:', ...tiers].join('\n'))
  write(
    'bench/group_vars/all.yml',
    lines(300, (i) => `v${i}: { a: ${i}, b: [1, 2] }`),
  )
  write(
    'bench/group_vars/web.yml',
    lines(100, (i) => `v${i}: { a: ${i} }`),
  )
  for (let run = 0; run < Number(values.runs); run++) {
    const before = process.cpuUsage()
    const began = performance.now()
    const { inventory } = await loadInventory({ root, name: 'bench', knownRoles: [], home: '/nonexistent' })
    const wall = performance.now() - began
    const { user, system } = process.cpuUsage(before)
    const memory = Math.round(process.memoryUsage().heapUsed / 1024 / 1024)
    console.log(
      `${inventory.hosts.length} hosts: ${(wall / 1000).toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s, heap ${memory} MiB`,
    )
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
