import { expect, test, vi } from 'vitest'
import { MOST_INPUT, start } from './start.ts'

test.each([
  ['little', ''],
  ['more than a pipe holds', `#${'x'.repeat(MOST_INPUT)}\n`],
])('a program gets its input, and its output and status are told: %s', (_, before) => {
  const input = `${before}echo "out in $PWD"; echo err >&2; exit 7\n`
  expect(start('dash', [], { input })).toEqual({ status: 7, stdout: 'out in /\n', stderr: 'err\n' })
  expect(start('dash', ['-c', 'cat; printf %s "$1"', '-', "it's\n$HOME"], { input: 'ü' }).stdout).toBe("üit's\n$HOME")
  expect(start('dash', [], { input: `${before}kill -9 $$` }).status).toBe(128 + 9)
  expect(start('pwd', [], { cwd: '/usr' }).stdout).toBe('/usr\n')
})

test('one that ends before it has read its input, and one that is not there', () => {
  expect(start('true', [], { input: 'x'.repeat(MOST_INPUT) }).status).toBe(0)
  expect(start('no-such-program', [])).toMatchObject({ status: 127, stderr: expect.stringContaining('not found') })
})

test('its environment is the one that there is now, or the one that is given', () => {
  const seen = () => start('dash', ['-c', `printf '%s|%s' "$START_TEST" "\${HOME-none}"`]).stdout
  vi.stubEnv('START_TEST', "two\nlines'")
  vi.stubEnv('HOME', undefined)
  expect(seen()).toBe("two\nlines'|none")
  vi.unstubAllEnvs()
  expect(seen()).toBe(`|${process.env.HOME}`)
  expect(start('/usr/bin/env', [], { env: { A: 'b' } }).stdout).toMatch(/^(PWD=\/\n)?A=b\n(PWD=\/\n)?$/)
})

test('what it leaves behind is waited for, as long as it holds its output', () => {
  expect(start('dash', ['-c', '{ sleep 0.2; echo later; } & echo now']).stdout).toBe('now\nlater\n')
})
