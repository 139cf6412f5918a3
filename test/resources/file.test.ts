import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secret } from '../../src/masking/secret.ts'
import { askTogether } from '../../src/observe/batch.ts'
import { fileKind } from '../../src/resources/file.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { questionOf } from './answers.ts'
import { fileName, text } from './arbitrary.ts'
import { converge, plan, run, scratch } from './converge.ts'

describe('a file', () => {
  test('is made, changed, and then left alone', () => {
    const path = join(scratch(), 'motd')
    expect(converge(fileKind, [{ path, content: 'one\n', mode: '0600' }])).toMatchObject([
      { action: 'create', fields: [{ field: 'mode', to: '0600' }], texts: [{ before: undefined, after: 'one\n' }] },
    ])
    expect(plan(fileKind, [{ path, content: 'one\n', mode: '600' }])).toEqual([])
    expect(converge(fileKind, [{ path, content: 'two\n' }])).toMatchObject([
      { action: 'update', fields: [], texts: [{ name: path, before: 'one\n', after: 'two\n' }] },
    ])
    expect(readFileSync(path, 'utf8')).toBe('two\n')
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    expect(plan(fileKind, [{ path, content: 'two\n' }])).toEqual([])
  })

  test('of which only the mode differs keeps its inode', () => {
    const path = join(scratch(), 'f')
    writeFileSync(path, 'x')
    chmodSync(path, 0o644)
    const inode = statSync(path).ino
    expect(converge(fileKind, [{ path, content: 'x', mode: '0640' }])).toMatchObject([
      { action: 'update', fields: [{ field: 'mode', from: '0644', to: '0640' }] },
    ])
    expect(statSync(path)).toMatchObject({ ino: inode, mode: 0o100640 })
  })

  test('without content is made empty and never changed', () => {
    const path = join(scratch(), 'f')
    expect(converge(fileKind, [{ path }])).toMatchObject([{ action: 'create' }])
    expect(readFileSync(path, 'utf8')).toBe('')
    writeFileSync(path, 'by hand')
    expect(plan(fileKind, [{ path }])).toEqual([])
  })

  test('that is not valid never lands, says why, and leaves nothing behind', () => {
    const dir = scratch()
    const path = join(dir, 'conf')
    writeFileSync(path, 'good\n')
    const desired = {
      path,
      content: 'bad\n',
      validate: sh`grep -q good "$file" || { echo "no good in it" >&2; exit 3; }`,
    }
    const [change] = plan(fileKind, [desired])
    if (!change) throw new Error('no change')
    expect(run(fileKind.apply([change]))).toMatchObject({ status: 78, output: 'no good in it' })
    expect(readFileSync(path, 'utf8')).toBe('good\n')
    expect(readdirSync(dir)).toEqual(['conf'])
    converge(fileKind, [{ ...desired, content: 'good, too\n', validate: sh`${desired.validate}; exit 0` }])
    expect(readFileSync(path, 'utf8')).toBe('good, too\n')
  })

  test('is removed, and its content shown', () => {
    const path = join(scratch(), 'f')
    writeFileSync(path, 'old\n')
    expect(converge(fileKind, [{ path, state: 'absent' }])).toMatchObject([
      { action: 'delete', texts: [{ before: 'old\n', after: undefined }] },
    ])
    expect(existsSync(path)).toBe(false)
    expect(plan(fileKind, [{ path, state: 'absent' }])).toEqual([])
  })

  test('never replaces or removes a directory', () => {
    const path = join(scratch(), 'd')
    mkdirSync(path)
    for (const desired of [{ path, content: 'x' }, { path }, { path, state: 'absent' as const }]) {
      const [change] = plan(fileKind, [desired])
      if (!change) throw new Error('no change')
      expect(change.fields[0]).toMatchObject({ field: 'type', from: 'directory' })
      const ran = run(fileKind.apply([change]))
      expect(ran.status).toBe(1)
      expect(ran.output).toContain('is a directory')
      expect(lstatSync(path).isDirectory()).toBe(true)
    }
  })

  test('replaces a symlink and not what it points at', () => {
    const dir = scratch()
    writeFileSync(join(dir, 'real'), 'kept')
    symlinkSync('real', join(dir, 'link'))
    expect(converge(fileKind, [{ path: join(dir, 'link'), content: 'new' }])).toMatchObject([
      { action: 'update', fields: [{ field: 'type', from: 'symlink', to: 'file' }] },
    ])
    expect(readFileSync(join(dir, 'real'), 'utf8')).toBe('kept')
    expect(lstatSync(join(dir, 'link')).isFile()).toBe(true)
  })

  test('with a secret shows it nowhere but in the script that writes it', () => {
    const path = join(scratch(), 'f')
    const content = ['password = ', secret('hunter2!'), '\n']
    const [change] = converge(fileKind, [{ path, content }])
    expect(JSON.stringify(change)).not.toContain('hunter2!')
    expect(askTogether('t', [{ id: 'file', ...questionOf(fileKind, [{ path, content }]) }]).sh).not.toContain(
      'hunter2!',
    )
    expect(readFileSync(path, 'utf8')).toBe('password = hunter2!\n')
    expect(plan(fileKind, [{ path, content }])).toEqual([])
  })

  test('that guards the way in is put back by its auto-revert, also when it was not there', () => {
    const dir = scratch()
    const snapshot = scratch()
    const [old, fresh] = [join(dir, 'old'), join(dir, 'fresh')]
    writeFileSync(old, 'before')
    chmodSync(old, 0o440)
    const desired = [
      { path: old, content: 'after', guard: 'sudo' as const },
      { path: fresh, content: 'after', guard: 'sudo' as const },
    ]
    const changes = plan(fileKind, desired)
    const guard = fileKind.autoRevert?.(changes)
    if (!guard) throw new Error('no auto-revert')
    const at = (script: string) => run(rawScript(`SNAPSHOT=${snapshot}\n${script}`))
    expect(at(guard.snapshot.sh).status).toBe(0)
    converge(fileKind, desired)
    expect(at(guard.restore.sh).status).toBe(0)
    expect(readFileSync(old, 'utf8')).toBe('before')
    expect(statSync(old).mode & 0o777).toBe(0o440)
    expect(readdirSync(dir)).toEqual(['old'])
    expect(fileKind.autoRevert?.(plan(fileKind, [{ path: old, content: 'after' }]))).toBeUndefined()
  })

  test('that never landed is left alone by the auto-revert, and so is sshd', () => {
    const snapshot = scratch()
    const path = join(scratch(), 'sshd.conf')
    writeFileSync(path, 'before')
    const changes = plan(fileKind, [{ path, content: 'after', guard: 'ssh' as const }])
    const guard = fileKind.autoRevert?.(changes)
    if (!guard) throw new Error('no auto-revert')
    const at = (script: string) =>
      run(rawScript(`systemctl() { [ "$1" = reload ] && echo "$*"; }\nSNAPSHOT=${snapshot}\n${script}`))
    expect(at(guard.snapshot.sh).status).toBe(0)
    const inode = statSync(path).ino
    expect(at(guard.restore.sh)).toEqual({ status: 0, output: '' })
    expect(statSync(path).ino).toBe(inode)
    chmodSync(path, 0o600)
    expect(at(guard.restore.sh)).toMatchObject({ status: 0, output: expect.stringContaining('reload ssh') })
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  test('has an absolute path and an octal mode', () => {
    expect(() => fileKind.key({ path: 'etc/motd' })).toThrow('not an absolute path')
    expect(fileKind.key({ path: '/etc//x/../motd' })).toBe('/etc/motd')
    expect(() => fileKind.diff({ path: '/a', mode: 'u+x' }, 'absent')).toThrow('not a file mode')
  })

  test('property: any name and any text converge', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fileName, text), { selector: ([name]) => name, minLength: 5, maxLength: 7 }),
        (all) => {
          const dir = scratch()
          const desired = all.map(([name, content]) => ({ path: join(dir, name), content }))
          expect(converge(fileKind, desired)).toHaveLength(all.length)
          for (const [name, content] of all) expect(readFileSync(join(dir, name), 'utf8')).toBe(content)
          expect(plan(fileKind, desired)).toEqual([])
        },
      ),
      // Each name costs twenty programs, however they are shared out: thirty of them.
      { numRuns: 5 },
    )
  }, 60_000)

  test('property: any bytes converge', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4000 }), { minLength: 8, maxLength: 8 }), (contents) => {
        const dir = scratch()
        const desired = contents.map((content, i) => ({ path: join(dir, `bytes${i}`), content }))
        converge(fileKind, desired)
        for (const { path, content } of desired) expect(new Uint8Array(readFileSync(path))).toEqual(content)
        expect(plan(fileKind, desired)).toEqual([])
      }),
      { numRuns: 2 },
    )
  }, 60_000)

  test('of 1 MiB converges; its diff is a note', () => {
    const path = join(scratch(), 'big')
    const content = "it's $HOME `x` é\n".repeat(64 * 1024)
    expect(converge(fileKind, [{ path, content }])[0]?.texts?.[0]?.note).toMatch(
      /^too large to show, absent → \d{7} bytes$/,
    )
    expect(readFileSync(path, 'utf8')).toBe(content)
    expect(plan(fileKind, [{ path, content: 'small' }])[0]?.texts?.[0]?.note).toMatch(/^too large to show/)
    writeFileSync(path, Buffer.from([1, 0, 2]))
    expect(plan(fileKind, [{ path, content: 'small' }])[0]?.texts?.[0]?.note).toBe('binary, 3 bytes → 5 bytes')
  })
})
