import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFiles, sha256, type WantedFile } from '../../src/resources/content.ts'
import { gatherShared, probeShared, type Shared, splitShared } from '../../src/resources/shared.ts'
import { unitBlocks } from '../../src/resources/units.ts'
import { dash } from '../shell/dash.ts'
import { scratch } from './converge.ts'

const asked = (shared: Shared): string => {
  const { status, stdout, stderr } = dash(probeShared(shared))
  if (status !== 0) throw new Error(stderr)
  return stdout
}

describe('files that several kinds ask for', () => {
  test('are told to each as if it had asked alone', () => {
    const dir = scratch()
    const at = (name: string): string => join(dir, name)
    writeFileSync(at('same'), 'same\n')
    writeFileSync(at('other one'), 'other\n')
    writeFileSync(at('empty'), '')
    mkdirSync(at('dir'))
    symlinkSync('somewhere else\n', at('link'))
    symlinkSync(Buffer.from([0x2f, 0xff, 0xfe]), at('bytes'))
    const wanted = fc.record<WantedFile>({
      path: fc.constantFrom('same', 'other one', 'empty', 'dir', 'link', 'bytes', 'missing').map(at),
      sha256: fc.constantFrom(undefined, sha256('same\n')),
      wantContent: fc.boolean(),
    })

    const kinds = fc.array(fc.array(wanted, { maxLength: 5 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(kinds, (all) => {
        const shared = all.map((files) => ({ files }))
        const answers = splitShared(shared, { files: asked(gatherShared(shared)), units: undefined })
        for (const [i, files] of all.entries()) {
          expect(parseFiles(answers[i] ?? '', files)).toEqual(parseFiles(asked({ files }), files))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('have no answer when it is cut short', () => {
    const shared = [{ files: [{ path: '/some', wantContent: false }] }]
    expect(() => splitShared(shared, { files: '@files 1', units: undefined })).toThrow('not whole')
    expect(() => splitShared(shared, { files: '', units: undefined })).toThrow('not whole')
    expect(splitShared(shared, { files: undefined, units: undefined })).toEqual([undefined])
  })
})

describe('units that several kinds ask for', () => {
  const shared: Shared[] = [{ units: ['a.service', 'b.service'] }, {}, { files: [], units: ['c.timer', 'a.service'] }]

  test('are asked once each and told to each in its own order', () => {
    const { units = [] } = gatherShared(shared)
    expect(units).toEqual(['a.service', 'b.service', 'c.timer'])
    const block = (unit: string) => `LoadState=${unit}\nNeedDaemonReload=no`
    const [first = '', none, last = ''] = splitShared(shared, {
      files: '@files',
      units: `${units.map(block).join('\n\n')}\n`,
    })
    expect(unitBlocks(first, ['a.service', 'b.service'])).toEqual(['a.service', 'b.service'].map(block))
    expect(none).toBe('')
    expect(unitBlocks(last, ['c.timer', 'a.service'])).toEqual(['c.timer', 'a.service'].map(block))
  })

  test('have no answer when there are fewer than were asked for, or none', () => {
    expect(() => splitShared(shared, { files: '@files', units: 'LoadState=a' })).toThrow('told of 1 units, asked for 3')
    expect(splitShared(shared, { files: '@files', units: undefined })).toEqual([undefined, '', undefined])
  })
})
