import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { symlinkKind } from '../../src/resources/symlink.ts'
import { fileName } from './arbitrary.ts'
import { converge, plan, run, scratch } from './converge.ts'

describe('a symlink', () => {
  test('is made, turned, left alone, removed', () => {
    const dir = scratch()
    const path = join(dir, 'current')
    expect(converge(symlinkKind, [{ path, target: 'v1' }])).toMatchObject([
      { action: 'create', fields: [{ field: 'target', to: 'v1' }] },
    ])
    expect(converge(symlinkKind, [{ path, target: 'v2' }])).toMatchObject([
      { action: 'update', fields: [{ field: 'target', from: 'v1', to: 'v2' }] },
    ])
    expect(readlinkSync(path)).toBe('v2')
    expect(plan(symlinkKind, [{ path, target: 'v2' }])).toEqual([])
    expect(converge(symlinkKind, [{ path, state: 'absent' }])).toMatchObject([
      { action: 'delete', fields: [{ field: 'target', from: 'v2' }] },
    ])
    expect(readdirSync(dir)).toEqual([])
    expect(plan(symlinkKind, [{ path, state: 'absent' }])).toEqual([])
  })

  test('to a directory is turned, not filled', () => {
    const dir = scratch()
    for (const name of ['v1', 'v2']) mkdirSync(join(dir, name))
    const path = join(dir, 'current')
    converge(symlinkKind, [{ path, target: 'v1' }])
    converge(symlinkKind, [{ path, target: 'v2' }])
    expect(readlinkSync(path)).toBe('v2')
    expect(readdirSync(join(dir, 'v1'))).toEqual([])
  })

  test('takes the place of a file, never of a directory; never removes either', () => {
    const dir = scratch()
    const [file, real] = [join(dir, 'file'), join(dir, 'real')]
    writeFileSync(file, 'x')
    mkdirSync(real)
    for (const desired of [
      { path: real, target: 'x' },
      { path: real, state: 'absent' as const },
      { path: file, state: 'absent' as const },
    ]) {
      const [change] = plan(symlinkKind, [desired])
      if (!change) throw new Error('no change')
      expect(run(symlinkKind.apply([change])).status).toBe(1)
    }
    expect(lstatSync(real).isDirectory()).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe('x')
    expect(converge(symlinkKind, [{ path: file, target: 'y' }])).toMatchObject([
      {
        action: 'update',
        fields: [
          { field: 'type', from: 'file', to: 'symlink' },
          { field: 'target', to: 'y' },
        ],
      },
    ])
  })

  test('property: any name and any target converge', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fileName, { minLength: 5, maxLength: 7 }), fileName, (names, target) => {
        const dir = scratch()
        const desired = names.map((name, i) => ({ path: join(dir, name), target: `${target}${i}` }))
        expect(converge(symlinkKind, desired)).toHaveLength(names.length)
        for (const [i, name] of names.entries()) expect(readlinkSync(join(dir, name))).toBe(`${target}${i}`)
        expect(plan(symlinkKind, desired)).toEqual([])
        expect(existsSync(dir)).toBe(true)
      }),
      { numRuns: 5 },
    )
  }, 60_000)
})
