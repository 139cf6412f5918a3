import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { secret } from '../../src/masking/secret.ts'
import { commandKind } from '../../src/resources/command.ts'
import { quote } from '../../src/shell/quote.ts'
import { dash } from '../shell/dash.ts'
import { own, scriptOf } from './answers.ts'
import { converge, plan, run, scratch } from './converge.ts'

describe('a command', () => {
  test('runs until "unless" succeeds', () => {
    const path = join(scratch(), "it's done")
    const desired = { name: 'make it', run: `echo x >>${quote(path)}`, unless: `grep -q x ${quote(path)}` }
    expect(converge(commandKind, [desired])).toMatchObject([
      { action: 'run', fields: [{ field: 'run', to: desired.run }] },
    ])
    expect(plan(commandKind, [desired])).toEqual([])
  })

  test('runs until what it creates is there', () => {
    const path = join(scratch(), 'made')
    const desired = { name: 'make it', run: `: >${quote(path)}`, creates: path }
    expect(converge(commandKind, [desired])).toHaveLength(1)
    expect(plan(commandKind, [desired])).toEqual([])
  })

  test('with both is done when either says so', () => {
    const dir = scratch()
    const desired = { name: 'x', run: ':', creates: dir }
    expect(plan(commandKind, [{ ...desired, unless: 'false' }])).toEqual([])
    expect(plan(commandKind, [{ ...desired, creates: `${dir}/none`, unless: 'true' }])).toEqual([])
    expect(plan(commandKind, [{ ...desired, creates: `${dir}/none`, unless: 'exit 3' }])).toHaveLength(1)
  })

  test('with neither runs always', () => {
    expect(plan(commandKind, [{ name: 'x', run: 'true' }])).toHaveLength(1)
  })

  test('whose test prints, reads, fails to parse or exits does not disturb its neighbours', () => {
    const all = ['echo "@command 0 0"; false', 'cat; false', 'if', 'exit 0', 'nosuchprogram', 'true # and more'].map(
      (unless, i) => ({ name: String(i), run: ':', unless }),
    )
    expect(plan(commandKind, all).map(({ desired }) => desired.name)).toEqual(['0', '1', '2', '4'])
  })

  test('stops at its first failure, and says what it said', () => {
    const path = join(scratch(), 'after')
    const [change] = plan(commandKind, [{ name: 'x', run: `echo why >&2\nfalse\n: >${quote(path)}` }])
    if (!change) throw new Error('no change')
    expect(run(commandKind.apply([change]))).toMatchObject({ status: 1, output: 'why' })
    expect(existsSync(path)).toBe(false)
  })

  test('has an empty standard input and its working directory', () => {
    const dir = scratch()
    converge(commandKind, [{ name: 'x', run: 'cat >input; pwd >cwd', cwd: dir }])
    expect(readFileSync(join(dir, 'input'), 'utf8')).toBe('')
    expect(readFileSync(join(dir, 'cwd'), 'utf8')).toBe(`${dir}\n`)
  })

  test('keeps its secrets out of argument vectors and out of what is shown', () => {
    const dir = scratch()
    const path = join(dir, 'argv')
    // printf is a builtin; the arguments of the shell that runs it are all there is to see.
    const text = ['printf %s ', secret('hunter2!'), ` >/dev/null; cat /proc/$$/cmdline >${quote(path)}`]
    const [change] = converge(commandKind, [{ name: 'x', run: text }])
    expect(JSON.stringify(change)).not.toContain('hunter2!')
    expect(readFileSync(path, 'utf8')).not.toContain('hunter2!')
  })

  test('runs, and is tested, as its user', () => {
    // runuser needs root: its stand-in shows how it is called and runs the rest.
    const dir = scratch()
    const standIn = 'runuser() { echo "$2" >>"$DIR/users"; shift 3; "$@"; }\n'
    const desired = { name: 'x', run: 'echo "$USER" >"$DIR/out"', unless: 'test -e "$DIR/out"', user: 'nobody' }
    const withDir = (script: string) => dash(`DIR=${dir}; export DIR\n${standIn}${script}`)
    const probe = scriptOf(commandKind, [desired]).sh.replace('timeout -k 5 20 ', '')
    const [change] = [commandKind.diff(desired, { done: false })]
    if (!change) throw new Error('no change')
    expect(withDir(probe).stdout).toBe('@command 0 1\n')
    expect(withDir(commandKind.apply([change]).sh).status).toBe(0)
    expect(withDir(probe).stdout).toBe('@command 0 0\n')
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe('nobody\n')
    expect(readFileSync(join(dir, 'users'), 'utf8')).toBe('nobody\nnobody\nnobody\n')
  })

  test('whose test hangs fails the probe', () => {
    expect(() => commandKind.parse(own('@command 0 124\n'), [{ name: 'x', run: ':', unless: 'sleep 99' }])).toThrow(
      'took more than 20 s',
    )
    expect(() => commandKind.parse(own(''), [{ name: 'x', run: ':' }])).toThrow('no answer')
  })
})
