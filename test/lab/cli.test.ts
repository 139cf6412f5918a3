import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inProcess } from '../cli/in-process.ts'
import { labCommand } from './command.ts'

const ROOT = join(import.meta.dirname, '../..')
/** An engine that is not there, and a lab that nobody has. */
const env: NodeJS.ProcessEnv = { ...process.env, DOCKER_HOST: 'unix:///nobody/is/here.sock', LAB_NAME: 'nobody' }
const lab = async (...args: string[]) => {
  const { status, out, err } = await inProcess(args, { cwd: ROOT, env }, labCommand)
  return { exitCode: status, stdout: out.trim(), stderr: err.trim() }
}

const NO_ENGINE =
  'No Docker engine answers at unix:///nobody/is/here.sock, which DOCKER_HOST or the docker context names: start that one, or choose another.'
const NOT_UP = `${NO_ENGINE} So lab nobody is not up: start it with "npm run lab -- --name nobody up"`

it('says how things stand where no engine is, and neither installs nor starts one beside that which was named', async () => {
  expect(await lab('down')).toEqual({ exitCode: 0, stdout: 'lab nobody was not up: nothing to remove', stderr: '' })
  expect(await lab('status')).toEqual({ exitCode: 0, stdout: NOT_UP, stderr: '' })
  expect(await lab('ssh', 'web1', 'true')).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NOT_UP}` })
  expect(await lab('cut', 'web1')).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NOT_UP}` })
  expect(await lab('up')).toEqual({ exitCode: 1, stdout: '', stderr: `lab: ${NO_ENGINE}` })
}, 180_000)
