import { expect, it } from 'vitest'
import { DEFAULT_ENDPOINT, type EngineAnswer, judgeEngine } from '../../src/lab/engine-state.ts'

// Recorded answers of `docker info --format '{{json .}}'`, without the fields that play no part.
const engine = {
  ID: '7YKM:7ZRN:KD34',
  DockerRootDir: '/var/lib/docker',
  OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
  ServerVersion: '20.10.24+dfsg1',
  CgroupVersion: '2',
  SecurityOptions: ['name=seccomp,profile=default', 'name=cgroupns'],
  Warnings: ['WARNING: No memory limit support'],
}
const nobody = { DockerRootDir: '', OperatingSystem: '', ServerVersion: '', SecurityOptions: null, Warnings: null }
const podman = {
  DockerRootDir: '/var/lib/containers/storage',
  OperatingSystem: 'debian',
  ServerVersion: '5.4.2',
  CgroupVersion: '2',
  DefaultRuntime: 'crun',
  SecurityOptions: ['name=seccomp,profile=default'],
  ProductLicense: 'Apache-2.0',
}
const podmanCommand = {
  host: { arch: 'amd64', cgroupVersion: 'v2', security: { rootless: false } },
  store: { graphRoot: '/var/lib/containers/storage' },
  version: { Version: '5.4.2' },
}
const said = (info: unknown, stderr = '', exitCode = 0): EngineAnswer => ({
  exitCode,
  stdout: JSON.stringify(info),
  stderr,
})
const judge = (answer: EngineAnswer, endpoint = DEFAULT_ENDPOINT) => judgeEngine(answer, endpoint)
const advice = (answer: EngineAnswer) => {
  const judged = judge(answer)
  expect(judged.state).toBe('unfit')
  return judged.state === 'ready' ? '' : judged.advice
}

it('takes an ordinary engine', () => {
  expect(judge(said(engine))).toEqual({ state: 'ready', id: '7YKM:7ZRN:KD34' })
})

const REFUSED = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'

it.each([
  ['version 28', said(nobody, REFUSED, 1)],
  ['version 26, which ends as if all were well', said({ ...nobody, ServerErrors: [REFUSED] }, REFUSED)],
  ['no command', { exitCode: 127, stdout: '', stderr: 'bash: line 1: docker: command not found' }],
  ['a command that hung and was ended', { exitCode: null, stdout: '', stderr: '' }],
])('knows that nothing answers: %s', (_, answer) => {
  expect(judge(answer)).toEqual({ state: 'absent', advice: 'No Docker engine answers.' })
  const named = judge(answer, 'unix:///run/user/1000/docker.sock')
  expect(named).toMatchObject({ state: 'absent', advice: expect.stringContaining('unix:///run/user/1000/docker.sock') })
})

const DENIED =
  'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info": dial unix /var/run/docker.sock: connect: permission denied'

it.each([
  ['version 28', said(nobody, DENIED, 1)],
  ['version 26', said({ ...nobody, ServerErrors: [DENIED] })],
  ['version 20.10', said({ ...nobody, ServerErrors: [`Got ${DENIED}`] }, `Got ${DENIED}`, 1)],
])('tells a user without rights how to get them: %s', (_, answer) => {
  expect(advice(answer)).toMatch(/^This user may not use the Docker engine at unix.*group docker.* as root\.$/)
})

it('tells what a rootless engine lacks', () => {
  const rootless = { ...engine, SecurityOptions: ['name=seccomp,profile=default', 'name=rootless', 'name=cgroupns'] }
  expect(advice(said(rootless))).toMatch(/rootless.*addresses.*use an ordinary Docker engine/)
})

it.each([
  ['the socket of root', podman],
  ['the socket of a user', { ...podman, DockerRootDir: '/home/ann/.local/share/containers/storage' }],
  ['its command under the name of docker', podmanCommand],
])('knows Podman: %s', (_, info) => {
  expect(advice(said(info))).toMatch(/^Podman answers in place of Docker.*use an ordinary Docker engine/)
})

it('knows an engine whose hosts have addresses in a virtual machine', () => {
  expect(advice(said({ ...engine, OperatingSystem: 'Docker Desktop' }))).toMatch(/^Docker Desktop.*on Linux/)
})

it('knows that systemd does not boot on cgroup v1', () => {
  expect(advice(said({ ...engine, CgroupVersion: '1' }))).toMatch(/cgroup v1.*systemd.unified_cgroup_hierarchy=1/)
})
