import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { ProvisionError } from '../../errors.ts'
import { addLabCommands } from '../../lab/subcommands.ts'
import type { Register } from '../command.ts'
import { finished, say } from '../finished.ts'
import { collect } from '../host-options.ts'

interface Flags {
  readonly project?: string
  readonly name?: string
}

interface UpFlags {
  readonly inventory?: string
  readonly subnet: string
  readonly suite: readonly string[]
}

const EXAMPLES = `
Hosts are containers with systemd and sshd, of the names, tiers, users and vars of an inventory, in a network of their
own. They need a Docker engine on Linux, and the package testcontainers: npm install --save-dev testcontainers

Examples:
  provision lab up -i prod                  hosts like those of inventories/prod, and an inventory that reaches them
  provision lab up -i prod --suite db=sid   those of tier db on Debian sid
  provision lab ssh web1
  provision lab down`

/** `provision lab`: throw-away hosts for a project's own inventory. */
export const lab: Register = (program) => {
  const group = program
    .command('lab')
    .summary('try an inventory on throw-away hosts: up, status, ssh, down')
    .description('Throw-away hosts in containers, to try a project on.')
    .allowExcessArguments(false)
    .showHelpAfterError('(provision lab --help shows how)')
    .addHelpText('after', EXAMPLES)
  const place = () => placeOf(group.commands)

  group
    .command('up')
    .description('start the lab, or what of it is stopped, cut off or changed')
    .option('-i, --inventory <name>', 'inventory whose hosts to start (default: the only one)')
    .option('--subnet <a.b.c>', 'first three numbers of its network', process.env.LAB_SUBNET || '10.79.0')
    .option('--suite <[tier=]name>', 'system of the hosts, of a tier, or of a host (default: trixie)', collect, [])
    .action((flags: UpFlags) => finished(() => up(place(), flags)))

  addLabCommands(group, {
    name: () => place().name,
    find: async () => (await loaded(import('../../lab/lab.ts'))).findLab(place().name, place().dir),
    notUp: async () => {
      const { findEngine } = await import('../../lab/engine.ts')
      const engine = await findEngine()
      const start = `lab ${place().name} is not up: start it with "provision lab up"`
      return engine.state === 'absent' ? `${engine.advice} So ${start}` : start
    },
    act: finished,
  })
  for (const command of group.commands) {
    command
      .option('-C, --project <dir>', 'folder of the project (default: the current one)')
      .option('--name <name>', 'which lab (default: $LAB_NAME, or the name of the folder)')
  }
}

interface Place {
  readonly root: string
  readonly name: string
  readonly dir: string
}

/** Only the subcommand that is called has got options. */
function placeOf(subcommands: readonly Command[]): Place {
  const flags = subcommands.map((one) => one.opts<Flags>())
  const root = resolve(flags.find(({ project }) => project !== undefined)?.project ?? '.')
  const folder = basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replace(/^-+/, '')
  const name = flags.find((one) => one.name !== undefined)?.name ?? (process.env.LAB_NAME || folder || 'lab')
  return { root, name, dir: join(root, '.lab', name) }
}

async function up({ root, name, dir }: Place, flags: UpFlags): Promise<number> {
  const [{ checkedSubnet, startLab }, { readyEngine }, { copyForLab, inventoryWord, keptOut }, { suiteChooser }] =
    await Promise.all([
      loaded(import('../../lab/lab.ts')),
      import('../../lab/engine.ts'),
      import('../../lab/project.ts'),
      import('../../lab/suites.ts'),
    ])
  const started = Date.now()
  const from = await inventoryOf(root, flags.inventory)
  const subnet = checkedSubnet(flags.subnet)
  const suiteOf = suiteChooser(flags.suite)
  await keptOut(root)
  const tell = (line: string): void => void process.stderr.write(`${line}\n`)
  const done = await startLab({
    name,
    dir,
    say: tell,
    engine: readyEngine,
    describe: () => copyForLab({ root, from, labDir: dir, subnet, suiteOf, say: tell }),
  })
  const hosts = `${done.hosts.size} host${done.hosts.size === 1 ? '' : 's'}`
  tell(`lab ${done.name}: ${hosts} up in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  say(`next: provision -i ${inventoryWord(root, done.inventory)} --check`)
  return 0
}

async function inventoryOf(root: string, given: string | undefined): Promise<string> {
  const { inventoryFolder, inventoryNames } = await import('../../inventory/folders.ts')
  const names = await inventoryNames(root)
  const [only, ...others] = names
  const name = given ?? (others.length === 0 ? only : undefined)
  if (name !== undefined) return inventoryFolder(root, name)
  throw new ProvisionError('no inventory was named', {
    code: 'input',
    hint: names.length > 0 ? `add --inventory with one of: ${names.join(', ')}` : 'make one: provision init',
  })
}

/** The engine's client is a large package that only a lab needs: a project has it where it has labs. */
async function loaded<T>(module: Promise<T>): Promise<T> {
  try {
    return await module
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing || !error.message.includes("'testcontainers'")) throw error
    throw new ProvisionError('provision lab needs the package testcontainers, which is not installed', {
      code: 'input',
      hint: 'npm install --save-dev testcontainers',
    })
  }
}
