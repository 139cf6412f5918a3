import { join } from 'node:path'
import { expect, it } from 'vitest'
import { $ } from 'zx'

const ROOT = join(import.meta.dirname, '../..')
/** An engine that is not there, and a lab that nobody has. */
const env: NodeJS.ProcessEnv = { ...process.env, DOCKER_HOST: 'unix:///nobody/is/here.sock', LAB_NAME: 'nobody' }
const run = $({ quiet: true, nothrow: true, cwd: ROOT, env })
const lab = async (...args: string[]) => {
  const { exitCode, stdout, stderr } =
    await run`${process.execPath} node_modules/jiti/lib/jiti-cli.mjs test/lab/cli.ts ${args}`
  return { exitCode, stdout: stdout.trim(), stderr: stderr.trim() }
}

const NO_ENGINE =
  'No Docker engine answers at unix:///nobody/is/here.sock, which DOCKER_HOST or the docker context names: start that one, or choose another.'
const NOT_UP = `${NO_ENGINE} So lab nobody is not up: start it with "npm run lab -- --name nobody up"`

it('says how things stand where no engine is, and neither installs nor starts one beside that which was named', async () => {
  const [down, status, ssh, cut, up] = await Promise.all([
    lab('down'),
    lab('status'),
    lab('ssh', 'web1', 'true'),
    lab('cut', 'web1'),
    lab('up'),
  ])
  expect(down).toEqual({ exitCode: 0, stdout: 'lab nobody was not up: nothing to remove', stderr: '' })
  expect(status).toEqual({ exitCode: 0, stdout: NOT_UP, stderr: '' })
  expect(ssh).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NOT_UP}` })
  expect(cut).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NOT_UP}` })
  expect(up).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NO_ENGINE}` })
}, 180_000)
