import { Command } from 'commander'
import { findEngine } from '../../src/lab/engine.ts'
import { addLabCommands } from '../../src/lab/subcommands.ts'
import { defaultName, findLab, startLab } from './lab.ts'

/** The command line of the checkout's labs. */
export async function labCommand(argv: readonly string[]): Promise<void> {
  const program = new Command('lab')
    .description('Debian hosts with systemd and sshd in containers, described by inventories/lab')
    .option('--name <name>', 'which lab (default: $LAB_NAME, or "lab")', defaultName())

  program
    .command('up')
    .description('start the lab, or what of it is stopped, cut off or changed')
    .option('--subnet <a.b.c>', 'first three numbers of its network (default: $LAB_SUBNET, or as the inventory says)')
    .option('--inventory <folder>', 'the inventory whose hosts to start (default: inventories/lab)')
    .action(async (options: { subnet?: string; inventory?: string }) => {
      const started = Date.now()
      const lab = await startLab({ ...options, name: labName(), say: console.error })
      console.error(`lab ${lab.name}: ${lab.hosts.size} hosts up in ${((Date.now() - started) / 1000).toFixed(1)} s`)
      console.log(`inventory: ${lab.inventory}`)
    })

  addLabCommands(program, {
    name: labName,
    find: () => findLab(labName()),
    notUp,
    async act(work) {
      process.exitCode = await work()
    },
  })

  function labName(): string {
    return program.opts<{ name: string }>().name
  }

  async function notUp(): Promise<string> {
    const engine = await findEngine()
    const name = labName() === 'lab' ? '' : ` --name ${labName()}`
    const start = `lab ${labName()} is not up: start it with "npm run lab --${name} up"`
    return engine.state === 'absent' ? `${engine.advice} So ${start}` : start
  }

  await program.parseAsync(argv, { from: 'user' }).catch((error: unknown) => {
    console.error(`lab: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  })
}
