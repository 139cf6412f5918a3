import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { $ } from 'zx'
import { withLock } from './lock.ts'

/** Tells the person waiting what is being done; one call is one line. */
export type Say = (line: string) => void

/** Runs a program of this machine; what it answers is looked at, not thrown. */
export const run = $({ quiet: true, nothrow: true })

const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY = '#!/bin/sh\n# Left by the lab of provision while it installed packages: remove it.\nexit 101\n'
/** How long another apt (the daily upgrade of a fresh machine, say) is waited for, in seconds. */
const PATIENCE = 600

/**
 * Finds programs of the system where the PATH of a user, of cron or of plain `su` does not: dpkg, dockerd and mmdebstrap
 * call what is in there too.
 */
export function reachSystemPrograms(env: NodeJS.ProcessEnv = process.env): void {
  const path = (env.PATH ?? '').split(':').filter((folder) => folder !== '')
  const wanted = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  env.PATH = [...path, ...wanted.filter((folder) => !path.includes(folder))].join(':')
}

/** Whether the PATH has a program. */
export async function hasProgram(name: string): Promise<boolean> {
  return (await run`command -v ${name}`).exitCode === 0
}

/** Whether packages can be installed here: as root, with apt. */
export async function canInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await hasProgram('apt-get'))
}

/** Installs packages where a program is missing; labs that start at the same moment do it once. */
export async function ensureProgram(say: Say, program: string, ...packages: string[]): Promise<void> {
  if (await hasProgram(program)) return
  await withLock(`program-${program}`, async () => {
    if (!(await hasProgram(program))) await installPackages(say, ...packages)
  })
}

/** Installs Debian packages on this machine where that is possible. */
export async function installPackages(say: Say, ...packages: string[]): Promise<void> {
  if (!(await canInstall())) {
    throw new Error(`Install ${packages.join(' and ')} on this machine, then run this again.`)
  }
  await aptInstall(say, packages)
}

/** The same, with services that stay off. @see installPackages */
export async function installWithoutStarting(say: Say, ...packages: string[]): Promise<void> {
  // A run that was killed may have left ours, which would keep every service of the machine off.
  const foreign = !['', POLICY].includes(await readOrEmpty(POLICY_FILE))
  if (!foreign) await writeFile(POLICY_FILE, POLICY, { mode: 0o755 })
  try {
    await installPackages(say, ...packages)
  } finally {
    if (!foreign) await rm(POLICY_FILE, { force: true })
  }
}

/** Programs that `aptInstall` calls are looked up in the PATH of `env`; `pause` is what lies between two tries. */
export async function aptInstall(
  say: Say,
  packages: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  pause = 2_000,
): Promise<void> {
  const apt = $({ quiet: true, nothrow: true, env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } })
  const attempt = async (args: readonly string[]) => {
    const deadline = Date.now() + PATIENCE * 1000
    for (let announced = false; ; announced = true) {
      const result = await apt`apt-get -q -o DPkg::Lock::Timeout=${PATIENCE} ${args}`
      // The option is of no use to the locks of lists and archives.
      if (result.exitCode === 0 || !/Could not get lock|Unable to lock/.test(result.stderr) || Date.now() > deadline)
        return result
      if (!announced) say('another apt is at work on this machine: waiting for it')
      await sleep(pause)
    }
  }
  const install = () => attempt(['install', '-y', '--no-install-recommends', ...packages])
  // Labs that start at the same moment may lack the same things: one of them installs, the others find it installed.
  await withLock('packages', async () => {
    say(`installing ${packages.join(', ')} with apt-get (usually 10 to 20 s)`)
    // Package lists may be missing or stale: refresh them only when the first try fails, it costs seconds.
    let result = await install()
    if (result.exitCode !== 0) {
      // What an apt that was killed left half-done keeps every other from working.
      if (/dpkg --configure -a/.test(result.stderr)) await apt`dpkg --configure -a`
      await attempt(['update'])
      result = await install()
    }
    if (result.exitCode !== 0) throw new Error(`apt-get install ${packages.join(' ')} failed:\n${tail(result.stderr)}`)
  })
}

/** The text of a file, or nothing. */
export async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** The last lines of what a program said. */
export function tail(text: string, lines = 15): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
