import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askApart, askTogether, limitApart, readApart, readTogether } from '../../src/observe/batch.ts'
import { probeFiles, type WantedFile } from '../../src/observe/files.ts'
import type { Question } from '../../src/observe/question.ts'
import { sha256 } from '../../src/resources/content.ts'
import { type Answer, parseFrame } from '../../src/shell/frame.ts'
import { rawScript, type Script } from '../../src/shell/script.ts'
import { scratch } from '../resources/converge.ts'
import { dash } from '../shell/dash.ts'

const question = (id: string, reads: Question['reads'], script?: string): Question => ({
  ...{ id, reads, script: script === undefined ? undefined : rawScript(script), timeout: 20 },
})
const files = (...paths: string[]): WantedFile[] => paths.map((path) => ({ path, wantContent: false }))

/** Functions in place of programs, for all that a script asks. */
const answered = ({ sh }: Script, before = '') => parseFrame('t', dash(`${before}\n${sh}`, []).stdout)
const together = (questions: readonly Question[]) => readTogether(questions, answered(askTogether('t', questions)))
const apart = (questions: readonly Question[]) => readApart(questions, answered(askApart('t', questions)))

const frame = (id: string, body: string, status = 0): [string, Answer] => [id, { id, status, body }]
const block = (unit: string) => `LoadState=${unit}\nActiveState=a\nSubState=b\nUnitFileState=c\nNeedDaemonReload=no`

describe('questions that are asked together', () => {
  it('are answered as if each had been asked alone', () => {
    const dir = scratch()
    const at = (name: string): string => join(dir, name)
    writeFileSync(at('same'), 'same\n')
    writeFileSync(at('other one'), 'other\n')
    writeFileSync(at('empty'), '')
    mkdirSync(at('dir'))
    symlinkSync('somewhere else\n', at('link'))
    symlinkSync(Buffer.from([0x2f, 0xff, 0xfe]), at('bytes'))
    const wanted = fc.record<WantedFile>({
      path: fc.constantFrom('same', 'other one', 'empty', 'dir', 'link', 'bytes', 'missing', 'missing/below').map(at),
      sha256: fc.constantFrom(undefined, sha256('same\n')),
      wantContent: fc.boolean(),
    })
    const reads = fc.record({ files: fc.array(wanted, { maxLength: 5 }) })
    fc.assert(
      fc.property(fc.array(reads, { minLength: 2, maxLength: 4 }), (all) => {
        const questions = all.map((one, i) => question(`k${i}`, one, `echo ${i}; exit ${i === 3 ? 5 : 0}`))
        const answers = together(questions)
        expect(answers.size).toBe(all.length)
        for (const one of questions) expect(answers.get(one.id)).toEqual(apart([one]).get(one.id))
      }),
      { numRuns: 10 },
    )
  }, 60_000)

  it('cost what is common to them once, however many ask for it', () => {
    const asks = (count: number) =>
      askTogether(
        't',
        Array.from({ length: count }, (_, i) => question(`k${i}`, { files: files('/etc/motd'), units: ['a.service'] })),
      ).sh
    expect(asks(9)).toBe(asks(1))
    expect(asks(1).split('provision_files() {')).toHaveLength(2)
    // Files are asked with the library, and with nothing else that grows.
    const grows = askTogether('t', [question('k', { files: files('/etc/motd', '/etc/issue') })]).sh.length
    const one = askTogether('t', [question('k', { files: files('/etc/motd') })]).sh.length
    expect(grows - one).toBe(
      probeFiles(files('/etc/motd', '/etc/issue')).sh.length - probeFiles(files('/etc/motd')).sh.length,
    )
    expect(grows - one).toBe(' - /etc/issue'.length)
  })

  it('get the units that they named, by name', () => {
    const questions = [
      question('a', { units: ['a.service', 'b.service'] }),
      question('b', undefined, ':'),
      question('c', { units: ['c.timer', 'a.service'] }),
    ]
    const told = ['a.service', 'b.service', 'c.timer'].map(block).join('\n\n')
    const answers = readTogether(questions, new Map([frame('provision.units', `${told}\n`), frame('b', 'x')]))
    const units = (id: string) => [...(answers.get(id)?.answers?.units ?? [])].map(([name, { load }]) => [name, load])
    expect(units('a')).toEqual(['a.service', 'b.service'].map((name) => [name, name]))
    expect(units('b')).toEqual([])
    expect(units('c')).toEqual(['c.timer', 'a.service'].map((name) => [name, name]))
  })

  it('that only read are answered without a script of their own; an empty one is none', () => {
    const [some] = [question('a', { files: files('/nonexistent') }, '')]
    expect(together([some]).get('a')?.answers).toMatchObject({ own: '', files: new Map([['/nonexistent', 'absent']]) })
    expect(together([question('b', undefined)]).get('b')?.answers?.own).toBe('')
  })
})

describe('a common part that can not be used', () => {
  const questions = [
    question('reads', { files: files('/a') }),
    question('units', { units: ['a.service'] }),
    question('own', undefined, 'echo x'),
  ]
  const open = (...frames: [string, Answer][]) => {
    const answers = readTogether(questions, new Map([...frames, frame('own', 'x')]))
    return questions.filter(({ id }) => !answers.has(id)).map(({ id }) => id)
  }
  const fine = frame('provision.units', block('a.service'))

  it.each([
    ['garbage', 'no such thing'],
    ['nothing', ''],
    ['a file that went away', '@files 1'],
    ['the answer of somebody else', '@files 1 2\n@stat 81a4 1 0 0 root root\n@stat 81a4 1 0 0 root root'],
  ])('%s: leaves those that need it to be asked again, and no others', (_, body) => {
    expect(open(frame('provision.files', body), fine)).toEqual(['reads'])
  })

  it('failed, or did not come: the same', () => {
    expect(open(frame('provision.files', '@files', 1), fine)).toEqual(['reads'])
    expect(open(fine)).toEqual(['reads'])
    expect(open(frame('provision.files', '@files'), frame('provision.units', block('a'), 1))).toEqual(['units'])
    expect(open(frame('provision.files', '@files'), frame('provision.units', 'LoadState=a'))).toEqual(['units'])
    expect(open(frame('provision.files', '@files'), fine)).toEqual([])
  })
})

describe('questions that are asked apart', () => {
  it('say of each why it has no answer', () => {
    const hang = { ...question('hangs', undefined, 'echo begun; sleep 60'), timeout: 1 }
    const answers = apart([
      question('fine', { files: files('/nonexistent') }, 'echo ok'),
      question('fails', undefined, 'echo why; exit 3'),
      question('unreadable', { files: [{ path: '/proc/self/mem', sha256: 'a'.repeat(64), wantContent: false }] }),
      hang,
    ])
    expect(answers.get('fine')?.answers?.own).toBe('ok')
    expect(answers.get('fails')).toEqual({ failed: 'failed with status 3', printed: 'why' })
    expect(answers.get('unreadable')?.failed).toMatch(/^failed with status 1$/)
    expect(answers.get('hangs')).toEqual({ failed: 'hung and was ended', printed: 'begun' })
  }, 20_000)

  it('may take as long as their parts, one after the other', () => {
    const reads = { files: files('/a'), units: ['a.service'] }
    expect(limitApart([question('a', reads, ':'), question('b', undefined, ':'), question('c', reads)])).toBe(6 * 20)
  })

  it('are failed by what makes no sense, and have no answer where a part did not come', () => {
    const both = [question('k', { files: files('/a') }, 'echo x')]
    expect(readApart(both, new Map([frame('k.files', 'x'), frame('k', 'x')])).get('k')?.failed).toBe(
      "can't be read: the answer about files is missing",
    )
    expect(readApart(both, new Map([frame('k', 'x')])).size).toBe(0)
    expect(readApart(both, new Map([frame('k.files', '@files')])).size).toBe(0)
  })
})
