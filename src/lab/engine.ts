import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_ENDPOINT, type EngineState, judgeEngine } from './engine-state.ts'
import { withLock } from './lock.ts'
import {
  canInstall,
  ensureProgram,
  hasProgram,
  installPackages,
  installWithoutStarting,
  reachSystemPrograms,
  readOrEmpty,
  run,
  type Say,
  tail,
} from './machine.ts'

const PID_FILE = '/var/run/docker.pid'
const LOG_FILE = '/var/log/provision-lab-engine.log'
const WANTED_INOTIFY_INSTANCES = 8192

/** Makes sure that a Docker engine answers: the one that is there, or one installed and started here. */
export async function ensureEngine(say: Say): Promise<EngineState> {
  const found = await findEngine()
  if (found.state === 'unfit') throw new Error(found.advice)
  const engine = found.state === 'ready' ? found : await withLock('engine', () => installAndStart(say))
  await raiseInotifyLimit(say)
  return engine
}

/**
 * The engine that is there.
 * @throws Error why there is none; nothing is installed or started on somebody's machine
 */
export async function readyEngine(say: Say): Promise<EngineState> {
  const found = await findEngine()
  if (found.state !== 'ready') {
    const how =
      found.state === 'absent' ? ' Install one (on Debian and Ubuntu: apt-get install docker.io), or start it.' : ''
    throw new Error(`${found.advice}${how}`)
  }
  await raiseInotifyLimit(say)
  return found
}

/** What answers as a Docker engine on this machine. Nothing is installed or started. */
export async function findEngine(): Promise<EngineState> {
  reachSystemPrograms()
  // No reaper: hosts outlive this process on purpose and are cleaned up by label, and its image may not be to be had.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const endpoint = await findEndpoint()
  // The API's client knows nothing of contexts: it has to meet the engine that the command meets.
  if (endpoint !== DEFAULT_ENDPOINT) process.env.DOCKER_HOST = endpoint
  return judgeEngine(await run`docker info --format ${'{{json .}}'}`.timeout('20s'), endpoint)
}

async function findEndpoint(): Promise<string> {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST
  const context = await run`docker context inspect --format ${'{{.Endpoints.docker.Host}}'}`
  return (context.exitCode === 0 && context.stdout.trim()) || DEFAULT_ENDPOINT
}

async function installAndStart(say: Say): Promise<EngineState> {
  // Another lab may have done it meanwhile.
  const found = await findEngine()
  if (found.state === 'ready') return found
  if ((await findEndpoint()) !== DEFAULT_ENDPOINT) throw new Error(found.advice)
  if (!(await canInstall())) {
    throw new Error(
      'No Docker engine answers: start one (`sudo systemctl start docker`), or run this as root on Debian or Ubuntu, where the lab installs and starts one itself.',
    )
  }
  if (await hasSystemd()) {
    if (!(await hasProgram('dockerd'))) await installPackages(say, 'docker.io')
    await ensureClient(say)
    say('starting the Docker engine (systemctl start docker)')
    await run`systemctl start docker`
  } else {
    // Without an init system the package would start its daemon itself, with the cgroup view that hosts can't boot on.
    if (!(await hasProgram('dockerd'))) await installWithoutStarting(say, 'docker.io', 'iptables')
    await ensureProgram(say, 'iptables', 'iptables')
    await ensureClient(say)
    await startDaemon(say)
  }
  return waitForEngine(say)
}

/** Debian 13 and newer have the command in a package of its own. */
const ensureClient = (say: Say): Promise<void> => ensureProgram(say, 'docker', 'docker-cli')

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

async function waitForEngine(say: Say): Promise<EngineState> {
  const started = Date.now()
  let found = await findEngine()
  for (; found.state === 'absent' && Date.now() - started < 60_000; found = await findEngine()) await sleep(300)
  if (found.state === 'ready') {
    say(`the Docker engine answers after ${((Date.now() - started) / 1000).toFixed(1)} s`)
    return found
  }
  if (found.state === 'unfit') throw new Error(found.advice)
  const log = (await hasSystemd())
    ? { name: 'journalctl -u docker', text: (await run`journalctl -u docker -n 15 --no-pager`).stdout }
    : { name: LOG_FILE, text: await readOrEmpty(LOG_FILE) }
  throw new Error(`The Docker engine did not answer within 60 s. The end of ${log.name}:\n${tail(log.text)}`)
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
