import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { $ } from 'zx'
import { withLock } from './lock.ts'

/** Tells the person waiting what is being done; one call is one line. */
export type Say = (line: string) => void

const run = $({ quiet: true, nothrow: true })
const PID_FILE = '/var/run/docker.pid'
const LOG_FILE = '/var/log/provision-lab-engine.log'
const POLICY_FILE = '/usr/sbin/policy-rc.d'
const WANTED_INOTIFY_INSTANCES = 8192

/** Makes sure that a Docker engine answers: the one that is there, or one installed and started here. */
export async function ensureEngine(say: Say): Promise<void> {
  // No reaper: hosts outlive this process on purpose and are cleaned up by label, and its image may not be to be had.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  if (!(await engineAnswers())) await withLock('engine', () => installAndStart(say))
  await refuseCgroup1()
  await raiseInotifyLimit(say)
}

/** Installs Debian packages on this machine where they are missing and where that is possible. */
export async function installPackages(say: Say, ...packages: string[]): Promise<void> {
  if (!(await canInstall())) {
    throw new Error(`Install ${packages.join(' and ')} on this machine, then run this again.`)
  }
  say(`installing ${packages.join(', ')} with apt-get`)
  const apt = $({ quiet: true, nothrow: true, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  const install = () => apt`apt-get install -y -q --no-install-recommends ${packages}`
  // Package lists may be missing or stale: refresh them only when the first try fails, it costs seconds.
  let result = await install()
  if (result.exitCode !== 0) {
    await apt`apt-get update -q`
    result = await install()
  }
  if (result.exitCode !== 0) throw new Error(`apt-get install ${packages.join(' ')} failed:\n${tail(result.stderr)}`)
}

async function engineAnswers(): Promise<boolean> {
  const result = await run`docker info --format '{{.ServerVersion}}'`.timeout('10s')
  return result.exitCode === 0 && result.stdout.trim() !== ''
}

async function canInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await run`command -v apt-get`).exitCode === 0
}

async function installAndStart(say: Say): Promise<void> {
  if (await engineAnswers()) return
  if (!(await canInstall())) {
    throw new Error(
      'No Docker engine answers: start one (Docker Desktop, or `systemctl start docker`), or run this as root on Debian or Ubuntu, where the lab installs and starts one itself.',
    )
  }
  if (await hasSystemd()) {
    if ((await run`command -v dockerd`).exitCode !== 0) await installPackages(say, 'docker.io')
    say('starting the Docker engine (systemctl start docker)')
    await run`systemctl start docker`
  } else {
    // The machine may carry a client only, so the daemon is looked for, not `docker`.
    if ((await run`command -v dockerd`).exitCode !== 0) await installWithoutStarting(say)
    await startDaemon(say)
  }
  await waitForEngine(say)
}

/** Without an init system the package would start its daemon itself, with the cgroup view that hosts can't boot on. */
async function installWithoutStarting(say: Say): Promise<void> {
  const hadPolicy = (await readOrEmpty(POLICY_FILE)) !== ''
  if (!hadPolicy) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await installPackages(say, 'docker.io', 'iptables')
  } finally {
    if (!hadPolicy) await rm(POLICY_FILE, { force: true })
  }
}

async function startDaemon(say: Say): Promise<void> {
  const pid = (await readOrEmpty(PID_FILE)).trim()
  if (pid !== '') {
    const alive = (await readOrEmpty(`/proc/${pid}/comm`)).trim() === 'dockerd'
    if (alive) return say(`a Docker engine is starting already (pid ${pid})`)
    say('removing the pid file of an engine that was killed')
    await rm(PID_FILE, { force: true })
  }
  const pure = (await run`stat -f -c %T /sys/fs/cgroup`).stdout.trim() === 'cgroup2fs'
  say(`starting the Docker engine${pure ? '' : ' with a pure cgroup2 view'} (log: ${LOG_FILE})`)
  // systemd ≥ 256 refuses to boot on a hybrid cgroup v1 machine, so the engine gets a mount namespace of its own.
  const view = 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec dockerd'
  const command = pure ? ['dockerd'] : ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', view]
  // A session of its own, no terminal, no pipe to us: the engine stays when this process ends.
  await run`setsid ${command} >> ${LOG_FILE} 2>&1 < /dev/null &`
}

async function waitForEngine(say: Say): Promise<void> {
  const started = Date.now()
  while (Date.now() - started < 60_000) {
    if (await engineAnswers()) {
      return say(`the Docker engine answers after ${((Date.now() - started) / 1000).toFixed(1)} s`)
    }
    await sleep(300)
  }
  throw new Error(
    `The Docker engine did not answer within 60 s. The end of ${LOG_FILE}:\n${tail(await readOrEmpty(LOG_FILE))}`,
  )
}

async function refuseCgroup1(): Promise<void> {
  const version = (await run`docker info --format '{{.CgroupVersion}}'`).stdout.trim()
  if (version === '1') {
    throw new Error(
      'This Docker engine runs on cgroup v1, where systemd 256 and newer does not boot: stop it and run this as root (the lab then starts one with a cgroup2 view), or boot the machine with systemd.unified_cgroup_hierarchy=1.',
    )
  }
}

/** Each host's systemd takes several inotify instances; the default of 128 ends at about 30 hosts. */
async function raiseInotifyLimit(say: Say): Promise<void> {
  const file = '/proc/sys/fs/inotify/max_user_instances'
  const current = Number(await readOrEmpty(file))
  if (process.getuid?.() !== 0 || current === 0 || current >= WANTED_INOTIFY_INSTANCES) return
  say(`raising fs.inotify.max_user_instances from ${current} to ${WANTED_INOTIFY_INSTANCES}`)
  await writeFile(file, String(WANTED_INOTIFY_INSTANCES)).catch(() => say('could not raise it; 30 hosts are the limit'))
}

async function hasSystemd(): Promise<boolean> {
  return (await run`test -d /run/systemd/system`).exitCode === 0
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

function tail(text: string, lines = 15): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
