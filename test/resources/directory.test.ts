import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { directoryKind } from '../../src/resources/directory.ts'
import { fileName } from './arbitrary.ts'
import { converge, plan, run, scratch } from './converge.ts'

describe('a directory', () => {
  test('is made with its parents and its mode, then left alone', () => {
    const path = join(scratch(), 'a/b/c')
    expect(converge(directoryKind, [{ path, mode: '0750' }])).toMatchObject([{ action: 'create' }])
    expect(statSync(path).mode & 0o7777).toBe(0o750)
    expect(statSync(join(path, '..')).mode & 0o7777).toBe(0o755)
    expect(plan(directoryKind, [{ path: `${path}/`, mode: '0750' }])).toEqual([])
    expect(converge(directoryKind, [{ path, mode: '2755' }])).toMatchObject([
      { action: 'update', fields: [{ field: 'mode', from: '0750', to: '2755' }] },
    ])
    expect(statSync(path).mode & 0o7777).toBe(0o2755)
  })

  test('C06: a directory under a setgid one ends at its declared mode, made or changed, with or without set-id bits', () => {
    const shared = join(scratch(), 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o2775)
    const wanted = [
      { path: join(shared, 'x'), mode: '0755' },
      { path: join(shared, 'deep/y'), mode: '750' },
      { path: join(shared, 'z'), mode: '2770' },
    ]
    for (const round of ['made', 'changed']) {
      expect(converge(directoryKind, wanted), round).toHaveLength(3)
      expect(plan(directoryKind, wanted), round).toEqual([])
      for (const { path } of wanted) chmodSync(path, 0o6777)
    }
  })

  test('goes when it is empty; when it is not, only with recurse', () => {
    const path = join(scratch(), 'd')
    mkdirSync(join(path, 'sub'), { recursive: true })
    writeFileSync(join(path, 'sub/f'), 'x')
    const [change] = plan(directoryKind, [{ path, state: 'absent' }])
    if (!change) throw new Error('no change')
    expect(run(directoryKind.apply([change]))).toMatchObject({
      status: 1,
      output: expect.stringContaining('not empty'),
    })
    expect(converge(directoryKind, [{ path, state: 'absent', recurse: true }])).toMatchObject([{ action: 'delete' }])
    expect(existsSync(path)).toBe(false)
    mkdirSync(path)
    converge(directoryKind, [{ path, state: 'absent' }])
    expect(plan(directoryKind, [{ path, state: 'absent' }])).toEqual([])
  })

  test('of the system is never removed', () => {
    for (const path of ['/', '/etc', '/etc/', '/usr/../etc', '/usr/lib', '/var/lib', '/srv', '/home']) {
      expect(() => directoryKind.key({ path, state: 'absent', recurse: true })).toThrow('directory of the system')
    }
    expect(directoryKind.key({ path: '/srv/app', state: 'absent' })).toBe('/srv/app')
  })

  test('never takes the place of a file or a link, and never removes one', () => {
    const dir = scratch()
    writeFileSync(join(dir, 'file'), 'x')
    mkdirSync(join(dir, 'real'))
    symlinkSync('real', join(dir, 'link'))
    for (const name of ['file', 'link']) {
      for (const state of ['present', 'absent'] as const) {
        const [change] = plan(directoryKind, [{ path: join(dir, name), state, recurse: true }])
        if (!change) throw new Error('no change')
        expect(run(directoryKind.apply([change]))).toMatchObject({
          status: 1,
          output: expect.stringContaining('is not a directory'),
        })
      }
    }
    expect(readdirSync(dir)).toEqual(['file', 'link', 'real'])
  })

  test('property: any name converges, there and gone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fileName, { minLength: 5, maxLength: 5 }), (names) => {
        const dir = scratch()
        const there = names.map((name) => ({ path: join(dir, name, name) }))
        expect(converge(directoryKind, there)).toHaveLength(names.length)
        expect(plan(directoryKind, there)).toEqual([])
        const gone = there.map(({ path }) => ({ path, state: 'absent' as const }))
        expect(converge(directoryKind, gone)).toHaveLength(names.length)
        for (const { path } of there) expect(existsSync(path)).toBe(false)
      }),
      { numRuns: 3 },
    )
  }, 60_000)
})
