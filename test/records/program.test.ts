import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { isOverview, overviewOf, recordNames } from '../../src/records/list.ts'
import { type RecordOverview, readEvents } from '../../src/records/read.ts'
import { inProcess } from '../cli/in-process.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'

/** Nothing listens there: every host fails at once. */
const DEAF = 1

function aProject(port: number, records: string, hosts = ['web1', 'web2']): string {
  const all = Object.fromEntries(hosts.map((name, i) => [name, { address: `127.0.0.${(i % 250) + 1}` }]))
  const root = projectFolder({
    'inventories/site.yml': `tiers: [{ name: web, roles: [noted] }]\n${records}\n`,
    'inventories/prod/hosts.yml': JSON.stringify({
      connection: { port, user: 'root', connect_timeout: 30, ssh_config: false },
      tiers: { web: { hosts: all } },
    }),
    'roles/noted/index.ts': `
import { defineRole, file } from 'provision'
export default defineRole({
  name: 'noted', description: 'd',
  vars: { noted_key: { description: 'd', type: 'string', secret: true, default: 'x' } },
  resources: ({ vars }) => [file({ path: '/etc/noted', content: [vars.noted_key] })],
})
`,
  })
  return root
}

const env = (root: string) => ({
  ...{ PATH: process.env.PATH, HOME: root, USER: 'tester', XDG_CACHE_HOME: join(root, 'cache') },
  ...{ XDG_STATE_HOME: join(root, 'state'), NO_COLOR: '1' },
})

/** @param before what the shell does before it becomes the program; @param by what that is started by */
async function provision(root: string, args: readonly string[], before = '', by = '') {
  const cli = await program()
  const command = `${before}exec ${by} "$0" "$@"`
  const words = ['-c', command, process.execPath, cli, '-C', root, '-i', 'prod', ...args]
  const run = promisify(execFile)('sh', words, { cwd: root, env: env(root), maxBuffer: 1 << 26 })
  const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error)
  return { stdout, stderr }
}

/** In this process, where nothing is about its end. */
const here = (root: string, args: readonly string[]) =>
  inProcess(['-C', root, '-i', 'prod', ...args], { cwd: root, env: env(root) })

const folderOf = (root: string) => {
  const all = join(root, 'state/provision/records')
  const [name = ''] = readdirSync(all)
  return join(all, name)
}

async function overviews(folder: string): Promise<RecordOverview[]> {
  const names = await recordNames(folder)
  const read = await Promise.all(names.map((name) => overviewOf(folder, name)))
  expect(read.filter((one) => !isOverview(one))).toEqual([])
  return read.filter(isOverview)
}

it('a run leaves a record of who, what and how it ended, that only the user may read and that holds no secret', async () => {
  const root = aProject(DEAF, '')
  // Wrong input is no run.
  await here(root, ['--limit', 'nobody'])
  expect(() => folderOf(root)).toThrow('ENOENT')
  const args = ['--check', '--var', 'noted_key=hunter2hunter2', '--limit', 'web1']
  await here(root, args)
  const folder = folderOf(root)
  const [file = '', ...others] = readdirSync(folder)
  expect(others).toEqual([])
  expect(file).toMatch(/^\d{8}T\d{6}Z\.prod\.check\.[0-9a-f]{18}\.jsonl\.gz$/)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  const [one] = await overviews(folder)
  expect(one).toMatchObject({ state: 'ended', end: { status: 1, summary: { failed: 1 } } })
  expect(one?.end?.digests).toEqual({ code: expect.stringMatching(/^[0-9a-f]{64}$/), inventory: expect.any(String) })
  expect(one?.head).toMatchObject({ inventory: 'prod', check: true, project: root, limit: ['web1'] })
  expect(one?.head.argv.slice(-3)).toEqual(['noted_key=‹secret›', '--limit', 'web1'])
  expect(one?.head.again).toEqual(['--inventory', 'prod', '--project', root, '--var', 'noted_key=‹secret›'])
  expect(one?.outcome.hosts).toMatchObject([{ host: 'web1', outcome: 'failed', failure: { code: 'refused' } }])
  const events: Event[] = []
  for await (const { event } of readEvents(join(folder, file))) events.push(event)
  expect(events.map(({ type }) => type)).toEqual([
    'run-started',
    'host-probing',
    'rollout-planned',
    'host-finished',
    'run-finished',
  ])
  expect(JSON.stringify(events)).not.toContain('hunter2')
})

it('a killed run leaves a record that says so, with what it was at; meanwhile it says that it is at work', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => void silent.close())
  const address = silent.address()
  const root = aProject(typeof address === 'object' && address ? address.port : 0, '', ['web1'])
  const child = spawn(process.execPath, [await program(), '-C', root, '-i', 'prod', '-y'], { env: env(root) })
  onTestFinished(() => void child.kill('SIGKILL'))
  const written = await vi.waitFor(
    async () => {
      const [one] = await overviews(folderOf(root))
      expect(one?.outcome.hosts).toHaveLength(1)
      return one
    },
    { timeout: 20_000, interval: 100 },
  )
  expect(written?.state).toBe('running')
  await killed(child)
  const [one] = await overviews(folderOf(root))
  expect(one).toMatchObject({ state: 'killed', end: undefined })
  expect(one?.outcome.hosts).toMatchObject([{ host: 'web1', outcome: 'waiting' }])
  // The next run leaves it alone, and has one of its own.
  silent.close()
  for (const socket of sockets) socket.destroy()
  await here(root, ['--check'])
  expect((await overviews(folderOf(root))).map(({ state }) => state).toSorted()).toEqual(['ended', 'killed'])
})

const killed = async (child: ChildProcess) => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

it('a full disk ends the record, not the run, and is told once', async () => {
  const hosts = Array.from({ length: 60 }, (_, i) => `web${i}-${Math.random().toString(36).slice(2)}`)
  const root = aProject(DEAF, '', hosts)
  // Two blocks of 512 bytes is all that a file may have; to write more fails as on a full disk.
  const { stdout, stderr } = await provision(root, [], 'ulimit -f 2;')
  expect(stdout).toContain('60 hosts: 0 changed, 0 ok, 60 failed')
  expect(stderr.match(/the record of this run can't be written/g)).toHaveLength(1)
  expect(stderr).toContain('EFBIG')
  const [one] = await overviews(folderOf(root))
  expect(one).toMatchObject({ state: 'cut', head: { inventory: 'prod' } })
})

it("a folder that can't be written for it is somebody else's is told and the run goes on", async () => {
  const root = aProject(DEAF, 'records: { dir: shared }')
  const shared = join(root, 'shared')
  mkdirSync(shared)
  writeFileSync(join(shared, 'theirs'), '')
  chmodSync(shared, 0o555)
  // Root may write anywhere: it goes without that. Another user could not read a checkout in a private folder.
  const isRoot = process.getuid?.() === 0
  const { stdout, stderr } = await provision(root, [], '', isRoot ? 'setpriv --bounding-set -dac_override --' : '')
  expect(stdout).toContain('2 hosts: 0 changed, 0 ok, 2 failed')
  expect(stderr).toMatch(/the record of this run can't be written in \S+shared: EACCES/)
})
