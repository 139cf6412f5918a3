import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { program } from '../program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

it('starts where npm looks for it, which never moves: npm keeps links to that place in its cache', async () => {
  await program()
  const { bin, version } = read('package.json')
  expect(bin).toEqual({ provision: 'dist/src/cli.js' })
  expect(read('package-lock.json').packages[''].bin).toEqual(bin)
  expect(execFileSync(join(ROOT, bin.provision), ['--version'], { encoding: 'utf8' }).trim()).toBe(version)
})

it('tells somebody who starts a worker on a terminal who starts them', async () => {
  const cli = await program()
  const typed = `${process.execPath} ${cli} worker; echo "status $?"`
  const shown = execFileSync('script', ['-qec', typed, '/dev/null'], { encoding: 'utf8', timeout: 30_000 })
  expect(shown).toMatch(/^provision worker is started by a run, .*--workers N\r\nstatus 1\r\n$/)
})
