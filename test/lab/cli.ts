import { Command } from 'commander'
import { findEngine } from './engine.ts'
import type { LabHost } from './host.ts'
import { defaultName, findLab, type Lab, startLab } from './lab.ts'
import { openSsh } from './ssh.ts'

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

program
  .command('down')
  .description('remove its hosts and its network; key, images and engine stay')
  .action(async () => {
    const lab = await findLab(labName())
    await lab?.down()
    console.log(
      lab ? `lab ${lab.name}: ${lab.hosts.size} hosts removed` : `lab ${labName()} was not up: nothing to remove`,
    )
  })

program
  .command('ssh <host> [command...]')
  .description("log in with the real OpenSSH client, the lab's key and known_hosts")
  .allowUnknownOption()
  .action(async (host: string, command: string[]) => {
    const lab = await needLab()
    process.exitCode = await openSsh(lab, hostOf(lab, host), command)
  })

const accidents: readonly [name: string, description: string, act: (host: LabHost) => Promise<void>, done: string][] = [
  ['cut', 'pull the network cable of a host', (host) => host.cut(), 'is cut off'],
  ['heal', 'put the network cable back', (host) => host.heal(), 'is on the network'],
  ['kill', 'cut the power of a host', (host) => host.kill(), 'is off'],
  ['start', 'switch a host on again', (host) => host.start(), 'is up'],
  ['reboot', 'reboot a host in order', (host) => host.reboot(), 'is up again'],
]
for (const [name, description, act, done] of accidents) {
  program
    .command(`${name} <host>`)
    .description(description)
    .action(async (hostName: string) => {
      const host = hostOf(await needLab(), hostName)
      await act(host)
      console.log(`${host.name} ${done}`)
    })
}

program
  .command('status')
  .description("what each host's container, network and systemd say")
  .action(async () => {
    const lab = await findLab(labName())
    if (!lab) return console.log(await notUp())
    const rows = await Promise.all([...lab.hosts.values()].map(describeHost))
    printTable([['HOST', 'ADDRESS', 'LOGIN', 'POWER', 'NETWORK', 'SYSTEMD'], ...rows])
  })

function labName(): string {
  return program.opts<{ name: string }>().name
}

async function needLab(): Promise<Lab> {
  const lab = await findLab(labName())
  if (lab) return lab
  throw new Error(await notUp())
}

async function notUp(): Promise<string> {
  const engine = await findEngine()
  const name = labName() === 'lab' ? '' : ` --name ${labName()}`
  const start = `lab ${labName()} is not up: start it with "npm run lab --${name} up"`
  return engine.state === 'absent' ? `${engine.advice} So ${start}` : start
}

function hostOf(lab: Lab, name: string): LabHost {
  const host = lab.hosts.get(name)
  if (host) return host
  throw new Error(`lab ${lab.name} has no host ${name}: it has ${[...lab.hosts.keys()].join(', ')}`)
}

async function describeHost(host: LabHost): Promise<string[]> {
  const { running, connected } = await host.status()
  const systemd = running ? (await host.exec(['systemctl', 'is-system-running'])).stdout.trim() : '-'
  return [host.name, host.address, host.login, running ? 'on' : 'off', connected ? 'connected' : 'cut', systemd]
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

program.parseAsync().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})
