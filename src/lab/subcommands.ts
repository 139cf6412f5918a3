import type { Command } from 'commander'
import type { LabHost } from './host.ts'
import type { Lab } from './lab.ts'
import { openSsh } from './ssh.ts'

/** How subcommands of a lab meet it. */
export interface LabEdges {
  /** The lab's name, as given. */
  name(): string
  /** The lab as it stands; undefined: it is not up. */
  find(): Promise<Lab | undefined>
  /** Where it is not up: why, and what brings it up. */
  notUp(): Promise<string>
  /** Does the work of a subcommand, and tells of its failure. */
  act(work: () => Promise<number | undefined>): Promise<void>
}

/** Adds what is done with a lab that is up: down, ssh, accidents, status. */
export function addLabCommands(group: Command, edges: LabEdges): void {
  const { act } = edges
  group
    .command('down')
    .description('remove its hosts and its network; key, images and engine stay')
    .action(() =>
      act(async () => {
        const lab = await edges.find()
        await lab?.down()
        const hosts = `${lab?.hosts.size} host${lab?.hosts.size === 1 ? '' : 's'} removed`
        say(lab ? `lab ${lab.name}: ${hosts}` : `lab ${edges.name()} was not up: nothing to remove`)
        return 0
      }),
    )

  group
    .command('ssh <host> [command...]')
    .description("log in with the real OpenSSH client, the lab's key and known_hosts")
    .allowUnknownOption()
    .action((host: string, command: string[]) =>
      act(async () => {
        const lab = await needLab(edges)
        return openSsh(lab, hostOf(lab, host), command)
      }),
    )

  for (const [name, description, accident, done] of ACCIDENTS) {
    group
      .command(`${name} <host>`)
      .description(description)
      .action((hostName: string) =>
        act(async () => {
          const host = hostOf(await needLab(edges), hostName)
          await accident(host)
          say(`${host.name} ${done}`)
          return 0
        }),
      )
  }

  group
    .command('status')
    .description("what each host's container, network and systemd say")
    .action(() =>
      act(async () => {
        const lab = await edges.find()
        if (!lab) {
          say(await edges.notUp())
          return 0
        }
        const rows = await Promise.all([...lab.hosts.values()].map(describeHost))
        for (const row of table([['HOST', 'ADDRESS', 'LOGIN', 'POWER', 'NETWORK', 'SYSTEMD'], ...rows])) say(row)
        return 0
      }),
    )
}

const ACCIDENTS: readonly [name: string, description: string, act: (host: LabHost) => Promise<void>, done: string][] = [
  ['cut', 'pull the network cable of a host', (host) => host.cut(), 'is cut off'],
  ['heal', 'put the network cable back', (host) => host.heal(), 'is on the network'],
  ['kill', 'cut the power of a host', (host) => host.kill(), 'is off'],
  ['start', 'switch a host on again', (host) => host.start(), 'is up'],
  ['reboot', 'reboot a host in order', (host) => host.reboot(), 'is up again'],
]

async function needLab(edges: LabEdges): Promise<Lab> {
  const lab = await edges.find()
  if (lab) return lab
  throw new Error(await edges.notUp())
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

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
  return rows.map((row) => line(row).trimEnd())
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
