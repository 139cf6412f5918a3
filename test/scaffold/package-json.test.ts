import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownDependency, packageJson } from '../../src/scaffold/package-json.ts'
import { projectFolder } from '../project-folder.ts'

const OWN = JSON.stringify({
  version: '1.2.3',
  dependencies: { jiti: '^2.7.0' },
  devDependencies: { '@types/node': '^20.1.0' },
})
const installed = (resolved: string) =>
  projectFolder({
    'node_modules/provision/package.json': OWN,
    'node_modules/.package-lock.json': JSON.stringify({ packages: { 'node_modules/provision': { resolved } } }),
  })
const ownOf = (root: string): string => join(root, 'node_modules/provision')

test('npm finds this very program again: its archive, its folder, or the registry that it came from', () => {
  const fromArchive = installed('file:provision-1.2.3.tgz')
  expect(ownDependency(fromArchive, ownOf(fromArchive)).spec).toBe('file:provision-1.2.3.tgz')
  expect(ownDependency(join(fromArchive, 'servers'), ownOf(fromArchive)).spec).toBe('file:../provision-1.2.3.tgz')
  const elsewhere = ownDependency(projectFolder({}), ownOf(fromArchive))
  expect(elsewhere.spec).toMatch(/provision-1\.2\.3\.tgz$/)
  const fromRegistry = installed('https://registry.example.org/provision/-/provision-1.2.3.tgz')
  expect(ownDependency(fromRegistry, ownOf(fromRegistry))).toEqual({ spec: '^1.2.3' })
  const checkout = projectFolder({ 'package.json': OWN })
  expect(ownDependency(join(checkout, 'a/b/c'), checkout)).toEqual({ spec: `file:${checkout}`, local: checkout })
})

const complete = (text: string | undefined) => {
  const root = projectFolder(text === undefined ? {} : { 'package.json': text })
  const own = projectFolder({ 'package.json': OWN })
  return packageJson(root, { name: 'servers', dependency: { spec: 'file:p.tgz' } }, own)
}

test('what npm install left is completed; what somebody wrote stays', () => {
  const fresh = complete(undefined) ?? ''
  expect(JSON.parse(fresh)).toMatchObject({
    name: 'servers',
    type: 'module',
    dependencies: { provision: 'file:p.tgz' },
    devDependencies: { jiti: '^2.7.0', '@types/node': '^20.1.0' },
  })
  expect(complete(fresh)).toBeUndefined()
  const after = complete('{ "dependencies": { "provision": "file:q.tgz", "x": "1" }, "license": "MIT" }') ?? ''
  expect(JSON.parse(after)).toMatchObject({
    license: 'MIT',
    type: 'module',
    dependencies: { provision: 'file:q.tgz', x: '1' },
  })
  const dev = JSON.parse(complete('{ "devDependencies": { "provision": "file:q.tgz" } }') ?? '')
  expect([dev.dependencies, dev.devDependencies.provision]).toEqual([{}, 'file:q.tgz'])
})

test('one that is no JSON is refused', async () => {
  await expect(async () => complete('{ oops')).rejects.toThrow(/package\.json is no JSON object/)
})
