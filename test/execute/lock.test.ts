import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { LOCKED, releaseLock, renewLock, STALE, takeLock } from '../../src/execute/lock.ts'
import { STATE_DIR } from '../../src/plan/target-state.ts'
import { applyScript, GUARD, parseFrame } from '../../src/shell/frame.ts'
import { rawScript, type Script } from '../../src/shell/script.ts'

const one = { id: 'run1', who: 'ada@desk' }
const two = { id: 'run2', who: 'bob@desk' }
let dir = ''

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'lock-')), 'state')
})

/** Runs a script for real, in a folder of the test, and waits a second where the tool waits most of a minute. */
const dash = (script: Script) =>
  spawnSync('dash', [], {
    input: script.sh.replaceAll(STATE_DIR, dir).replace('end=$((now + 45))', 'end=$((now + 1))'),
    encoding: 'utf8',
  }).stdout

const change = (run: typeof one, generation: string, work = 'echo work', finish = true) => {
  const steps = [{ id: 'work', script: rawScript(work), timeout: 5 }]
  const last = finish ? [{ id: 'renew', script: renewLock(run), timeout: 5 }] : []
  const answers = parseFrame('N', dash(applyScript('N', takeLock(run, generation), [...steps, ...last])))
  return { guard: answers.get(GUARD), work: answers.get('work') }
}
const generation = () => readFileSync(join(dir, 'generation'), 'utf8').trim()

describe('the lock of a host', () => {
  it('is taken on a bare host, kept between the scripts of a run, and given back', () => {
    expect(change(one, '')).toMatchObject({ guard: { status: 0 }, work: { status: 0, body: 'work' } })
    expect(change(one, '')).toMatchObject({ guard: { status: 0 } })
    dash(releaseLock(one))
    expect(change(two, 'run1')).toMatchObject({ guard: { status: 0 } })
  })

  it('keeps another run out and says who holds it', () => {
    change(one, '')
    const { guard, work } = change(two, 'run1')
    expect(guard?.status).toBe(LOCKED)
    expect(guard?.body).toMatch(/locked by ada@desk since 20\d\d-/)
    expect(work).toBeUndefined()
  })

  it('is not given back by a run that does not hold it', () => {
    change(one, '')
    dash(releaseLock(two))
    expect(change(two, 'run1').guard?.status).toBe(LOCKED)
  })

  it('goes to the next run when the lease of a dead one has ended, or the host was rebooted since', () => {
    change(one, '')
    const lease = readFileSync(join(dir, 'lock'), 'utf8').split('\n')
    const write = (lines: readonly string[]) => dash(rawScript(`printf '%s\\n' ${lines.join(' ')} >${STATE_DIR}/lock`))
    write([lease[0] ?? '', lease[1] ?? '', '1', 'ada', 'then'])
    expect(change(two, 'run1').guard?.status).toBe(0)
    write(['run3', 'another-boot', '999999999', 'ada', 'then'])
    expect(change(two, 'run2').guard?.status).toBe(0)
  })

  it('refuses a plan from before another run, and one made while that run was at work', () => {
    change(one, '')
    dash(releaseLock(one))
    expect(change(two, '').guard?.status).toBe(STALE)
    expect(change(two, 'run1+').guard?.status).toBe(STALE)
    expect(change(two, 'run1').guard?.status).toBe(0)
  })

  it('lets a plan be applied that was made after a run died halfway', () => {
    change(one, '', 'exit 7')
    expect(generation()).toBe('run1+')
    dash(releaseLock(one))
    expect(change(two, 'run1+').guard?.status).toBe(0)
    expect(generation()).toBe('run2')
  })

  it('is not inherited by what a step leaves running', () => {
    change(one, '', 'sleep 5 >/dev/null 2>&1 &')
    dash(releaseLock(one))
    expect(change(two, 'run1').guard?.status).toBe(0)
  })
})
