import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aptInstall, reachSystemPrograms } from '../../src/lab/machine.ts'

/** What apt does as far as its callers see it: locks, lists, a database that a killed run left half-done. */
const APT = `#!/bin/sh
cd "$STATE" || exit 1
printf '%s\\n' "$*" >>calls
lock=dpkg
case " $* " in *' update '*) lock=lists ;; esac
if ! mkdir "$lock.lock" 2>/dev/null; then
  # The real one names a process; who holds the lock lets go after the third who asks for it.
  echo "E: Could not get lock /var/lib/$lock/lock. It is held by process 18430 (apt-get)" >&2
  echo >>asked
  if [ -e foreign ] && [ "$(wc -l <asked)" -ge 3 ]; then rmdir "$lock.lock"; fi
  exit 100
fi
sleep 0.2
rmdir "$lock.lock"
if [ $lock = lists ]; then : >fresh; exit; fi
if [ -e half-done ]; then
  echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem." >&2
  exit 100
fi
if [ ! -e fresh ]; then
  echo 'E: Unable to locate package mmdebstrap' >&2
  exit 100
fi
for package; do :; done
printf '%s\\n' "$package" >>installed
`
const DPKG = `#!/bin/sh
cd "$STATE" && rm -f half-done
`

let state: string
let env: NodeJS.ProcessEnv
const said: string[] = []
const install = (name: string) => aptInstall((line) => said.push(line), [name], env, 10)
const lines = async (name: string) => (await readFile(join(state, name), 'utf8')).trimEnd().split('\n')
const touch = (name: string) => writeFile(join(state, name), '')

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'lab-machine-'))
  await mkdir(join(state, 'bin'))
  await writeFile(join(state, 'bin/apt-get'), APT, { mode: 0o755 })
  await writeFile(join(state, 'bin/dpkg'), DPKG, { mode: 0o755 })
  env = { ...process.env, PATH: `${state}/bin:/usr/bin:/bin`, STATE: state }
  said.length = 0
})
afterEach(() => rm(state, { recursive: true, force: true }))

it('lets one lab at a time install, whatever it installs', async () => {
  await touch('fresh')
  await Promise.all(['mmdebstrap', 'openssl', 'docker.io'].map(install))
  expect((await lines('installed')).toSorted()).toEqual(['docker.io', 'mmdebstrap', 'openssl'])
  expect(await lines('calls')).toHaveLength(3)
})

it('waits for an apt that is not its own', async () => {
  await touch('fresh')
  await touch('foreign')
  await mkdir(join(state, 'dpkg.lock'))
  await install('mmdebstrap')
  expect(await lines('installed')).toEqual(['mmdebstrap'])
  expect(said.filter((line) => line.includes('another apt'))).toHaveLength(1)
  expect((await lines('calls'))[0]).toMatch(/ -o DPkg::Lock::Timeout=\d+ install /)
})

it('waits for an apt that is not its own to have fetched its lists', async () => {
  await touch('foreign')
  await mkdir(join(state, 'lists.lock'))
  await install('mmdebstrap')
  expect(await lines('installed')).toEqual(['mmdebstrap'])
})

it('fetches lists where there are none', async () => {
  await install('mmdebstrap')
  expect(await lines('installed')).toEqual(['mmdebstrap'])
})

it('finishes what an apt that was killed left half-done', async () => {
  await touch('fresh')
  await touch('half-done')
  await install('mmdebstrap')
  expect(await lines('installed')).toEqual(['mmdebstrap'])
})

it('tells what apt said when nothing helps', async () => {
  await writeFile(join(state, 'bin/apt-get'), '#!/bin/sh\necho "E: no such thing" >&2\nexit 100\n', { mode: 0o755 })
  await expect(install('nonsense')).rejects.toThrow('apt-get install nonsense failed:\nE: no such thing')
})

it('finds programs of the system where the PATH of a user lacks their folders', () => {
  const env = { PATH: '/home/ann/bin:/usr/local/bin:/usr/bin:/bin' }
  reachSystemPrograms(env)
  expect(env.PATH).toBe('/home/ann/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin')
  const none: NodeJS.ProcessEnv = {}
  reachSystemPrograms(none)
  expect(none.PATH).toContain('/usr/sbin')
})
