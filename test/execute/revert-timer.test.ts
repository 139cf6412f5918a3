import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { arm, disarm, FIRED, putBack, shorten } from '../../src/execute/revert-timer.ts'
import { rawScript, type Script } from '../../src/shell/script.ts'
import { start } from '../shell/start.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'auto-revert-'))
  // Stands in for systemd, which the test's machine may not run: it keeps a list of its timers, and writes one more line
  // of what there is after each call.
  writeFileSync(join(dir, 'timers'), '')
  writeFileSync(
    join(dir, 'systemd-run'),
    `#!/bin/sh\nfor a; do case $a in --unit=*) echo "\${a#--unit=}.timer" >>${dir}/timers ;; esac; done\nwc -l <${dir}/timers >>${dir}/count\n`,
    { mode: 0o755 },
  )
  writeFileSync(
    join(dir, 'systemctl'),
    `#!/bin/sh\n[ "$1" = stop ] || exit 3\ngrep -qxF "$2" ${dir}/timers || exit 5\ngrep -vxF "$2" ${dir}/timers >${dir}/rest\nmv ${dir}/rest ${dir}/timers\nwc -l <${dir}/timers >>${dir}/count\n`,
    { mode: 0o755 },
  )
})
afterEach(() => rmSync(dir, { recursive: true }))

const dash = ({ sh }: Script, options: readonly string[] = ['-eu']) =>
  start('dash', options, { input: sh, env: { ...process.env, PATH: `${dir}:${process.env.PATH}` } }).status
const armed = () => dash(arm('a1', CHANGE, 300, dir))
const lines = (name: string) => readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean)
const CHANGE = {
  snapshot: rawScript(`echo old >"$SNAPSHOT/kept"`),
  restore: rawScript(`cp "$SNAPSHOT/kept" "$SNAPSHOT/../../was"`),
}

test('while a change is proven there is a timer at every moment', () => {
  expect(armed()).toBe(0)
  expect(lines('timers')).toEqual(['provision-auto-revert-a1.timer'])
  expect(dash(shorten('a1', dir))).toBe(0)
  expect(lines('timers')).toEqual(['provision-auto-revert-a1-soon.timer'])
  expect(lines('count').map(Number)).toEqual([1, 2, 1])
})

test.each([
  ['as it was armed', () => []],
  ['when it was shortened', () => [shorten('a1', dir)]],
  // A power cut, or a link that was lost, in between.
  [
    'when the second timer was started and the first one not stopped',
    () => [rawScript(shorten('a1', dir).sh.split('\n')[0] ?? '')],
  ],
])('it is disarmed, and put back at once, %s', (_, between) => {
  for (const end of [disarm('a1', dir), putBack('a1', dir)]) {
    armed()
    for (const script of between()) expect(dash(script)).toBe(0)
    expect(dash(end, ['-u'])).toBe(0)
    expect(lines('timers')).toEqual([])
  }
  expect(lines('was')).toEqual(['old'])
})

test('that the host was faster is told', () => {
  armed()
  dash(shorten('a1', dir))
  start('sh', [join(dir, 'auto-revert/a1/restore')])
  expect(dash(disarm('a1', dir), ['-u'])).toBe(FIRED)
})
