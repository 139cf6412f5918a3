import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LabHost } from './host.ts'

/** The arguments that make OpenSSH reach a lab host with nothing but the lab's own key and known_hosts. */
export function sshArguments(lab: { dir: string }, host: LabHost): string[] {
  const options = {
    IdentityFile: join(lab.dir, 'id_ed25519'),
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: join(lab.dir, 'known_hosts'),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    ConnectTimeout: '5',
  }
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  // No user configuration: a laptop's ~/.ssh/config must not decide how the lab is reached.
  const port = host.port === undefined ? [] : ['-p', String(host.port)]
  return ['-F', '/dev/null', ...flags, ...port, `${host.login}@${host.address}`]
}

/** Runs the OpenSSH client on this terminal; resolves to its exit code. */
export async function openSsh(lab: { dir: string }, host: LabHost, command: readonly string[]): Promise<number> {
  // Not zx: an interactive shell needs the terminal itself, not pipes.
  const child = spawn('ssh', [...sshArguments(lab, host), ...command], { stdio: 'inherit' })
  try {
    const [code]: unknown[] = await once(child, 'exit')
    return typeof code === 'number' ? code : 255
  } catch {
    throw new Error('the OpenSSH client is missing: install it (on Debian and Ubuntu: apt-get install openssh-client)')
  }
}
