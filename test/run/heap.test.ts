import { join } from 'node:path'
import { expect, test } from 'vitest'
import { start } from '../shell/start.ts'

const PROGRAM = join(import.meta.dirname, 'spared.ts')

/** What a process of its own says: the engine's settings are those of a whole process. */
const said = (hosts: number) =>
  start(process.execPath, ['--import', 'jiti/register', PROGRAM, String(hosts)], {
    cwd: join(import.meta.dirname, '../..'),
  })

test('the engine takes the setting by which garbage is collected earlier, and for few hosts none is made', () => {
  // One that it does not know it would tell on standard error, and go on without.
  expect(said(5000)).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
  expect(said(12)).toEqual({ status: 0, stdout: 'false\n', stderr: '' })
})
