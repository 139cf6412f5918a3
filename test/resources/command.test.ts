import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { secret } from '../../src/masking/secret.ts'
import { commandKind } from '../../src/resources/command.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { dash } from '../shell/dash.ts'
import { own, scriptOf } from './answers.ts'
import { converge, plan, run, scratch } from './converge.ts'

describe('a command', () => {
  test('runs until "unless" succeeds', () => {
    const path = join(scratch(), "it's done")
    const desired = { name: 'make it', run: sh`echo x >>${path}`, unless: sh`grep -q x ${path}` }
    expect(converge(commandKind, [desired])).toMatchObject([
      { action: 'run', fields: [{ field: 'run', to: desired.run.sh }] },
    ])
    expect(plan(commandKind, [desired])).toEqual([])
  })

  test('runs until what it creates is there', () => {
    const path = join(scratch(), 'made')
    const desired = { name: 'make it', run: sh`: >${path}`, creates: path }
    expect(converge(commandKind, [desired])).toHaveLength(1)
    expect(plan(commandKind, [desired])).toEqual([])
  })

  test('with both is done when either says so', () => {
    const dir = scratch()
    const desired = { name: 'x', run: sh`:`, creates: dir }
    expect(plan(commandKind, [{ ...desired, unless: sh`false` }])).toEqual([])
    expect(plan(commandKind, [{ ...desired, creates: `${dir}/none`, unless: sh`true` }])).toEqual([])
    expect(plan(commandKind, [{ ...desired, creates: `${dir}/none`, unless: sh`exit 3` }])).toHaveLength(1)
  })

  test('with neither runs always', () => {
    expect(plan(commandKind, [{ name: 'x', run: sh`true` }])).toHaveLength(1)
  })

  test('whose test prints, reads, fails to parse or exits does not disturb its neighbours', () => {
    const all = ['echo "@command 0 0"; false', 'cat; false', 'if', 'exit 0', 'nosuchprogram', 'true # and more'].map(
      (unless, i) => ({ name: String(i), run: sh`:`, unless: rawScript(unless) }),
    )
    expect(plan(commandKind, all).map(({ desired }) => desired.name)).toEqual(['0', '1', '2', '4'])
  })

  test('stops at its first failure, and says what it said', () => {
    const path = join(scratch(), 'after')
    const [change] = plan(commandKind, [
      {
        name: 'x',
        run: sh`
      echo why >&2
      false
      : >${path}
    `,
      },
    ])
    if (!change) throw new Error('no change')
    expect(run(commandKind.apply([change]))).toMatchObject({ status: 1, output: 'why' })
    expect(existsSync(path)).toBe(false)
  })

  test('has an empty standard input and its working directory', () => {
    const dir = scratch()
    converge(commandKind, [{ name: 'x', run: sh`cat >input; pwd >cwd`, cwd: dir }])
    expect(readFileSync(join(dir, 'input'), 'utf8')).toBe('')
    expect(readFileSync(join(dir, 'cwd'), 'utf8')).toBe(`${dir}\n`)
  })

  test('keeps its secrets out of argument vectors and out of what is shown', () => {
    const dir = scratch()
    const [path, told] = [join(dir, 'argv'), join(dir, 'told')]
    // printf is a builtin; the arguments of the shell that runs it are all there is to see.
    const run = sh`printf %s ${secret("hunter2!; it's $x")} >${told}; cat /proc/$$/cmdline >${path}`
    const [change] = converge(commandKind, [{ name: 'x', run }])
    expect(JSON.stringify(change)).not.toContain('hunter2!')
    expect(change?.fields).toEqual([{ field: 'run', to: `printf %s ‹secret› >${told}; cat /proc/$$/cmdline >${path}` }])
    expect(readFileSync(path, 'utf8')).not.toContain('hunter2!')
    expect(readFileSync(told, 'utf8')).toBe("hunter2!; it's $x")
  })

  test('runs, and is tested, as its user', () => {
    // runuser needs root: its stand-in shows how it is called and runs the rest.
    const dir = scratch()
    const standIn = 'runuser() { echo "$2" >>"$DIR/users"; shift 3; "$@"; }\n'
    const desired = { name: 'x', run: sh`echo "$USER" >"$DIR/out"`, unless: sh`test -e "$DIR/out"`, user: 'nobody' }
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
    expect(() => commandKind.parse(own('@command 0 124\n'), [{ name: 'x', run: sh`:`, unless: sh`sleep 99` }])).toThrow(
      'took more than 20 s',
    )
    expect(() => commandKind.parse(own(''), [{ name: 'x', run: sh`:` }])).toThrow('no answer')
  })
})
