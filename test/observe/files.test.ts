import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFiles, probeFiles, type WantedFile } from '../../src/observe/files.ts'
import { sha256 } from '../../src/resources/content.ts'
import { rawScript } from '../../src/shell/script.ts'
import { fileName, text } from '../resources/arbitrary.ts'
import { scratch } from '../resources/converge.ts'
import { dash } from '../shell/dash.ts'

const read = (wanted: readonly WantedFile[]) => {
  const seen = parseFiles(dash(probeFiles(wanted)).stdout, wanted)
  return new Map(wanted.map(({ path }, row) => [path, seen[row]?.state ?? 'absent']))
}

describe('the bulk probe of files', () => {
  test('tells type, mode, owner, size, hash, target', () => {
    const dir = scratch()
    const at = (name: string) => join(dir, name)
    writeFileSync(at('file'), 'abc')
    chmodSync(at('file'), 0o4750)
    mkdirSync(at('dir'), 0o700)
    symlinkSync('a\nb', at('link'))
    execFileSync('mkfifo', [at('fifo')])
    const wanted = ['file', 'dir', 'link', 'fifo', 'none', 'file/below'].map((name) => ({
      path: at(name),
      sha256: sha256('abc'),
      wantContent: true,
    }))
    const states = read(wanted)
    expect(states.get(at('file'))).toMatchObject({ type: 'file', mode: '4750', size: 3, sha256: sha256('abc') })
    expect(states.get(at('file'))).not.toHaveProperty('content')
    expect(states.get(at('dir'))).toMatchObject({ type: 'directory', mode: '0700' })
    expect(states.get(at('link'))).toMatchObject({ type: 'symlink', target: 'a\nb' })
    expect(states.get(at('fifo'))).toMatchObject({ type: 'other' })
    expect(states.get(at('none'))).toBe('absent')
    expect(states.get(at('file/below'))).toBe('absent')
  })

  test('sends content only on mismatch and only up to its limits', () => {
    const dir = scratch()
    const wanted = Array.from({ length: 20 }, (_, i) => {
      writeFileSync(join(dir, String(i)), 'x'.repeat(i === 0 ? 256 * 1024 + 1 : 256 * 1024))
      return { path: join(dir, String(i)), sha256: sha256('other'), wantContent: true }
    })
    const sent = [...read(wanted).values()].map((state) => state !== 'absent' && state.content?.length)
    expect(sent).toEqual([undefined, ...Array.from({ length: 16 }, () => 256 * 1024), undefined, undefined, undefined])
    const same = wanted.map(({ path }) => ({ path, sha256: sha256('x'.repeat(256 * 1024)), wantContent: true }))
    expect(dash(probeFiles(same)).stdout.length).toBeLessThan(6000)
  })

  test('forks as often for 300 files as for 3', () => {
    const dir = scratch()
    const forks = (count: number) => {
      const wanted = Array.from({ length: count }, (_, i) => {
        const path = join(dir, `${count}-${i}`)
        writeFileSync(path, 'x')
        return { path, sha256: sha256('x'), wantContent: true }
      })
      // Functions in place of the programs: each call is one fork and says so.
      const log = join(dir, `forks-${count}`)
      const said = Object.entries({ stat: 'S', sha256sum: 'H', base64: 'B', ls: 'L', awk: 'A' }).map(
        ([name, letter]) => `${name}() { echo ${letter} >>'${log}'; command ${name} "$@"; }`,
      )
      const counted = dash(rawScript([...said, probeFiles(wanted).sh].join('\n')))
      expect(parseFiles(counted.stdout, wanted).filter(({ state }) => state !== 'absent')).toHaveLength(count)
      const forked = readFileSync(log, 'utf8')
      rmSync(log)
      return forked
    }
    expect(forks(300)).toBe(forks(3))
    expect(forks(3)).toBe('S\nL\nA\nH\n')
  })

  test('stands beside other questions in one script', () => {
    const path = join(scratch(), 'f')
    writeFileSync(path, 'x')
    const wanted = [{ path, wantContent: false }]
    const answer = dash(rawScript(`echo before\n${probeFiles(wanted).sh}\nfor x in 'a b' *; do echo "$x"; done`)).stdout
    expect(answer).toMatch(/^before\n@files 1\n@stat .*\na b\n[^*]+$/)
    expect(parseFiles(answer, wanted)).toMatchObject([{ state: { type: 'file' } }])
  })

  test('a cut answer is an error, never an absent file', () => {
    const path = join(scratch(), 'f')
    writeFileSync(path, 'x')
    const wanted = [{ path, sha256: sha256('y'), wantContent: true }]
    const answer = dash(probeFiles(wanted)).stdout
    for (const cut of ['', '@files 1\n', answer.replace(/@sum.*\n/, ''), '@files 2\n@stat 81a4 1 0 0 root root\n']) {
      expect(() => parseFiles(cut, wanted)).toThrow()
    }
  })

  test('property: any names and contents come back as they are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fileName, text), { selector: ([name]) => name, minLength: 6, maxLength: 8 }),
        (all) => {
          const dir = scratch()
          for (const [name, content] of all) writeFileSync(join(dir, name), content)
          const wanted = all.flatMap(([name]) => [
            { path: join(dir, name), sha256: sha256('something else'), wantContent: true },
            { path: join(dir, `${name}.none`), wantContent: true },
          ])
          const states = read(wanted)
          for (const [name, content] of all) {
            expect(states.get(join(dir, name))).toMatchObject({
              sha256: sha256(content),
              content: Buffer.from(content),
            })
            if (!all.some(([other]) => other === `${name}.none`))
              expect(states.get(join(dir, `${name}.none`))).toBe('absent')
          }
        },
      ),
      { numRuns: 8 },
    )
  }, 60_000)
})
