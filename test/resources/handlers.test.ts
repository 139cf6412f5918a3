import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { daemonReload, handler, reload, restart } from '../../src/resources/handlers.ts'
import type { Handler } from '../../src/resources/resource.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { run, scratch } from './converge.ts'

/** A stand-in of systemd: its state is in files, so that it holds from one call to the next. */
const systemd = (dir: string, script: string) => `
dir=${dir}
journalctl() { echo "journal of $2"; }
sleep() { echo "$1" >>"$dir/slept"; }
systemctl() {
  echo "$*" >>"$dir/calls"
  ${script}
}
`

const runPending = (pending: Handler, script: string) => {
  const dir = scratch()
  const ran = run(rawScript(systemd(dir, script) + pending.script.sh))
  const calls = readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n')
  return { ...ran, calls, did: calls.filter((call) => /^(reload|restart) /.test(call)) }
}

const state = (word: string, more = '') => `case $1 in show) echo ${word} ;; ${more} esac`

describe('reload', () => {
  test('is named for people and acts on a full unit name', () => {
    expect(reload('nginx')).toMatchObject({ id: 'reload nginx', unit: 'nginx.service' })
    expect(reload('nginx.service').id).toBe('reload nginx')
    expect(reload('apt.timer')).toMatchObject({ id: 'reload apt.timer', unit: 'apt.timer' })
  })

  test('of a running unit reloads it once', () => {
    expect(runPending(reload('nginx'), state('active'))).toMatchObject({ status: 0, did: ['reload -- nginx.service'] })
  })

  test.each(['inactive', 'failed'])('of a unit that is %s does nothing and says so', (word) => {
    const ran = runPending(reload('nginx'), state(word))
    expect(ran).toMatchObject({ status: 0, did: [], output: `nginx.service is ${word}: nothing to reload` })
  })

  test("fails with the unit's last words when it can not be reloaded or is gone afterwards", () => {
    expect(runPending(reload('nginx'), state('active', 'reload) return 1 ;;'))).toMatchObject({
      status: 1,
      output: 'nginx.service could not be reloaded\njournal of nginx.service',
    })
    expect(runPending(reload('nginx'), state('active', 'is-active) return 3 ;;'))).toMatchObject({
      status: 1,
      output: 'nginx.service is not active after the reload\njournal of nginx.service',
    })
  })

  test('waits for what it must change, and fails when nothing changes though systemd says it worked', () => {
    const workers = { changes: sh`cat "$dir/workers" 2>/dev/null`, timeout: 2 }
    const works = `case $1 in show) echo active ;; reload) echo 12 >"$dir/workers" ;; esac`
    expect(runPending(reload('nginx', workers), works)).toMatchObject({ status: 0, did: ['reload -- nginx.service'] })
    expect(runPending(reload('nginx', workers), state('active'))).toMatchObject({
      status: 1,
      output: 'nginx.service was reloaded but shows no effect after 2 s\njournal of nginx.service',
    })
  })

  test('sees a change that comes late', () => {
    const late = sh`echo x >>"$dir/looked"; [ "$(grep -c x "$dir/looked")" -lt 5 ] || echo new`
    expect(runPending(reload('nginx', { changes: late }), state('active')).status).toBe(0)
  })
})

describe('restart', () => {
  const shows = (first: string, second: string) => `case $1 in show)
    case "$*" in *--value*) echo active; return ;; esac
    if [ -e "$dir/slept" ]; then printf '${second}'; else printf '${first}'; fi ;;
  esac`
  const up = (pid: number, restarts = 0) =>
    `Type=simple\\nMainPID=${pid}\\nNRestarts=${restarts}\\nResult=success\\nActiveState=active\\nSubState=running\\n`

  test('pays a reload too', () => {
    expect(restart('nginx')).toMatchObject({ id: 'restart nginx', supersedes: ['reload nginx'], unit: 'nginx.service' })
  })

  test('is done when the unit holds', () => {
    expect(runPending(restart('app'), shows(up(7), up(7)))).toMatchObject({
      status: 0,
      did: ['restart -- app.service'],
    })
  })

  test.each([
    ['another process', up(8, 1)],
    ['a failed unit', 'Type=simple\\nActiveState=failed\\n'],
    ['a unit that systemd starts again', 'Type=simple\\nActiveState=activating\\n'],
    ['a service that ended', 'Type=simple\\nActiveState=inactive\\nResult=success\\n'],
  ])('fails when a moment later there is %s', (_, second) => {
    const ran = runPending(restart('app'), shows(up(7), second))
    expect(ran.status).toBe(1)
    expect(ran.output).toMatch(/^app.service did not stay .*\njournal of app.service$/)
  })

  test('of a oneshot is done when it ended well', () => {
    const gone = 'Type=oneshot\\nActiveState=inactive\\n'
    expect(runPending(restart('job'), shows(gone, gone)).status).toBe(0)
  })

  test('leaves a stopped unit stopped, and starts a failed one anew', () => {
    expect(runPending(restart('app'), state('inactive'))).toMatchObject({ status: 0, did: [] })
    const ran = runPending(restart('app'), state('failed', 'restart) return 1 ;;'))
    expect(ran).toMatchObject({ status: 1, did: ['restart -- app.service'] })
    expect(ran.calls).toContain('reset-failed -- app.service')
  })
})

test('daemon-reload', () => {
  expect(runPending(daemonReload(), ':')).toMatchObject({ status: 0, calls: ['daemon-reload'] })
})

test("a handler of one's own may exit without skipping what comes after it", () => {
  const own = handler({ id: 'load', run: sh`echo one; exit 0`, unit: 'x', supersedes: ['reload x'] })
  expect(own).toMatchObject({ id: 'load', unit: 'x.service', supersedes: ['reload x'] })
  expect(run(rawScript(`${own.script.sh}\necho after`)).output).toBe('one\nafter')
  expect(
    run(rawScript(`${handler({ id: 'load', run: rawScript('false\necho never') }).script.sh}\necho after`)),
  ).toEqual({
    status: 1,
    output: '',
  })
})

test('sh of a handler is a script: text, in which nobody quoted a value, is refused by type and when it comes', () => {
  const unit = 'x; reboot'
  const hint =
    "put sh in front of it, and write values as ${…}: each becomes one quoted word. run: sh`test -e ${path}`; import { sh } from 'provision'"
  const problem = (make: () => unknown): unknown => {
    try {
      return make()
    } catch (error) {
      return error
    }
  }
  // @ts-expect-error: text
  expect(problem(() => handler({ id: 'load', run: `systemctl reload ${unit}` }))).toMatchObject({
    message: expect.stringMatching(/^handler\(\): run .*must be a script, as sh`…` makes it$/),
    code: 'input',
    hint,
  })
  // @ts-expect-error: what only looks like a script
  expect(problem(() => handler({ id: 'load', run: { sh: `systemctl reload ${unit}` } }))).toMatchObject({
    message: expect.stringMatching(/run is a mapping, must be a script/),
  })
  // @ts-expect-error: text
  expect(problem(() => reload('x', { changes: `pgrep ${unit}` }))).toMatchObject({
    message: expect.stringMatching(/^reload\(\): changes .*must be a script, as sh`…` makes it$/),
    hint: hint.replace('run:', 'changes:'),
  })
  // @ts-expect-error: there is no such option
  expect(problem(() => reload('x', { change: sh`pgrep x` }))).toMatchObject({
    message: "reload(): unknown field 'change'",
    hint: "did you mean 'changes'?",
  })
  // @ts-expect-error: there is no such field
  expect(problem(() => handler({ id: 'load', run: sh`x`, units: 'x' }))).toMatchObject({ hint: "did you mean 'unit'?" })
  expect(handler({ id: 'load', run: sh`systemctl reload ${unit}` }).script.sh).toContain("reload 'x; reboot'")
})
