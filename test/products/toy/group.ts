import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProvisionError } from '../../../src/errors.ts'
import type { RunEdges } from '../../../src/run/run-options.ts'
import { type FakeHost, fakeHost } from '../../host/fake-host.ts'
import { projectFolder } from '../../project-folder.ts'

const NAMES = ['a', 'b', 'c']

/** Three fake hosts which see each other's folders, and the project that declares them; gone when the test ends. */
export function toyGroup() {
  const hosts = new Map(NAMES.map((name) => [name, fakeHost(name)]))
  const the = (name: string): FakeHost => {
    const found = hosts.get(name)
    if (found === undefined) throw new RangeError(`no host ${name}`)
    return found
  }
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: store, roles: [toy] }]\n',
    'inventories/lab/hosts.yml': JSON.stringify({
      connection: { transport: 'local', become: 'none' },
      tiers: { store: { hosts: Object.fromEntries(NAMES.map((name, i) => [name, { address: `192.0.2.${i + 1}` }])) } },
    }),
    'roles/toy/index.ts': `export { default } from '${fileURLToPath(new URL('role.ts', import.meta.url))}'\n`,
  })
  const net = join(root, 'net')
  mkdirSync(net)
  for (const [name, host] of hosts) symlinkSync(host.root, join(net, name))
  const gone = new Set<string>()
  const connect: RunEdges['connect'] = async ({ name }) => {
    if (gone.has(name)) throw new ProvisionError('no route to host', { code: 'unreachable', host: name })
    return the(name).connect()
  }
  const read = (name: string, of: string): string => the(name).read(`srv/toy/${of}`)?.trim() ?? ''
  return {
    root,
    net,
    connect,
    target: (name: string) => the(name).target,
    /** It does not answer any more. */
    lose: (name: string) => void gone.add(name),
    /** What an application writes: to the primary, wherever that is. */
    write(line: string) {
      const primary = NAMES.find((name) => read(name, 'role') === 'primary')
      if (primary === undefined) throw new Error('there is no primary')
      the(primary).write('srv/toy/log', `${the(primary).read('srv/toy/log') ?? ''}${line}\n`)
    },
    set: (name: string, of: string, text: string) => the(name).write(`srv/toy/${of}`, text),
    /** A file of each node, with other nodes by their names. */
    all: (of: string) =>
      Object.fromEntries(NAMES.map((name) => [name, read(name, of).replace(/ \S*\/(\w+)\/srv\/toy$/, ' $1')])),
  }
}
