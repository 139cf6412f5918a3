import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { factsCache } from '../../src/facts/cache.ts'
import { factsFolder } from '../../src/facts/cache-folder.ts'
import type { Facts } from '../../src/facts/facts.ts'
import { seenHosts } from '../../src/facts/seen-hosts.ts'
import { projectFolder } from '../project-folder.ts'

const FACTS: Facts = {
  os: { id: 'debian', versionId: '12', codename: 'bookworm' },
  arch: 'amd64',
  hostname: 'web1',
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 252,
  virtualization: 'kvm',
  defaultInterface: 'eth0',
  addresses: { eth0: ['192.0.2.11'] },
}

const onlyFile = (folder: string): string => {
  const [file] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  return join(folder, file ?? '')
}

describe('factsCache', () => {
  test('gives back what was written, per inventory and host', async () => {
    const folder = projectFolder({})
    await factsCache('/a', folder).write('web1', FACTS)
    expect(await factsCache('/a', folder).read('web1')).toEqual(FACTS)
    expect(await factsCache('/a', folder).read('web2')).toBeUndefined()
    expect(await factsCache('/b', folder).read('web1')).toBeUndefined()
  })

  test('knows which hosts were met', async () => {
    const folder = projectFolder({})
    expect(await seenHosts('/a', folder)).toEqual([])
    for (const host of ['web2', 'db/1', 'web1']) await factsCache('/a', folder).write(host, FACTS)
    expect(await seenHosts('/a', folder)).toEqual(['db/1', 'web1', 'web2'])
    expect(await seenHosts('/b', folder)).toEqual([])
  })

  test('writes only what changed, and leaves nothing else behind', async () => {
    const folder = projectFolder({})
    const cache = factsCache('/a', folder)
    await cache.write('web1', FACTS)
    const file = onlyFile(folder)
    utimesSync(file, 1, 1)
    await cache.write('web1', { ...FACTS })
    expect(statSync(file).mtimeMs).toBe(1000)
    await cache.write('web1', { ...FACTS, cpus: 4 })
    expect((await cache.read('web1'))?.cpus).toBe(4)
    expect(readdirSync(join(file, '..'))).toEqual(['web1.json'])
  })

  test.each([
    ['cut short', '{"os":'],
    ['of another shape', '{"os":{"id":"debian"}}'],
    ['with a wrong type', JSON.stringify({ ...FACTS, cpus: '2' })],
  ])('takes a file that is %s for none', async (_, text) => {
    const folder = projectFolder({})
    const cache = factsCache('/a', folder)
    await cache.write('web1', FACTS)
    writeFileSync(onlyFile(folder), text)
    expect(await cache.read('web1')).toBeUndefined()
  })

  test('does without a cache where none can be written', async () => {
    const folder = projectFolder({ file: '' })
    mkdirSync(join(folder, 'dir'))
    const cache = factsCache('/a', join(folder, 'file'))
    await expect(cache.write('web1', FACTS)).resolves.toBeUndefined()
    expect(await cache.read('web1')).toBeUndefined()
  })

  test('is kept where XDG says', () => {
    expect(factsFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/provision/facts')
    expect(factsFolder({ XDG_CACHE_HOME: 'relative' })).toMatch(/^\/.*\.cache\/provision\/facts$/)
  })
})
