import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InstallFile, installFile, installFiles } from '../../src/shell/install-file.ts'
import { rawScript } from '../../src/shell/script.ts'
import { fileName } from '../resources/arbitrary.ts'
import { run, scratch } from '../resources/converge.ts'

const install = (file: InstallFile, before = '') => run(rawScript(before + installFile(file).sh))

describe('installing a file', () => {
  test('gives a new file 0644 and keeps the mode of an old one', () => {
    const path = join(scratch(), 'f')
    expect(install({ path, content: '1' }).status).toBe(0)
    expect(statSync(path).mode & 0o7777).toBe(0o644)
    chmodSync(path, 0o600)
    install({ path, content: '2' })
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    install({ path, content: '3', mode: '4755' })
    expect(statSync(path).mode & 0o7777).toBe(0o4755)
  })

  test('is closed to others until it has its mode, also in place of a file that was open', () => {
    const path = join(scratch(), 'f')
    writeFileSync(path, 'open')
    const look = 'look() { stat -c %a -- "$file"; }\nchmod() { look; command chmod "$@"; look; }\nsync() { look; }\n'
    const seen = install({ path, content: 's', mode: '0640' }, look).output.split('\n')
    expect(seen.slice(0, 3)).toEqual(['600', '640', '640'])
  })

  test.each(['base64', 'chmod', 'sync', 'mv'])('keeps the old file and cleans up when %s fails', (program) => {
    const dir = scratch()
    const path = join(dir, 'f')
    writeFileSync(path, 'old')
    expect(install({ path, content: 'new', mode: '0600' }, `${program}() { return 1; }\n`).status).toBe(1)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toEqual(['f'])
  })

  test('keeps the old file when it is killed, and the next run cleans up', () => {
    const dir = scratch()
    const path = join(dir, 'f')
    writeFileSync(path, 'old')
    const cut = `mv() { kill -9 0; }\n${installFile({ path, content: 'new' }).sh}`
    expect(run(rawScript(`setsid --wait dash -eu <<'CUT'\n${cut}\nCUT`)).status).not.toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toHaveLength(2)
    install({ path, content: 'new' })
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(dir)).toEqual(['f'])
  })

  test('validates the staged file, in whose place an exit ends nothing but the validation', () => {
    const path = join(scratch(), 'f')
    const validate = rawScript('cat -- "$file"; exit 5')
    expect(install({ path, content: 'x\n', validate })).toEqual({ status: 78, output: 'x' })
    expect(existsSync(path)).toBe(false)
    install({ path, content: 'x', validate: rawScript('exit 0') })
    expect(existsSync(path)).toBe(true)
  })

  test('fails in a directory that is not there, and never fills one', () => {
    const dir = scratch()
    expect(install({ path: join(dir, 'none/f'), content: 'x' }).status).not.toBe(0)
    mkdirSync(join(dir, 'd'))
    expect(install({ path: join(dir, 'd'), content: 'x' }).status).not.toBe(0)
    expect(readdirSync(join(dir, 'd'))).toEqual([])
    expect(readdirSync(dir)).toEqual(['d'])
  })

  test('property: any name', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fileName, { minLength: 10, maxLength: 10 }), (names) => {
        const places = names.map((name) => ({ name, dir: scratch() }))
        const scripts = places.map(({ name, dir }) => installFile({ path: join(dir, name), content: name }).sh)
        expect(run(rawScript(scripts.join('\n'))).status).toBe(0)
        for (const { name, dir } of places) {
          expect(readFileSync(join(dir, name), 'utf8')).toBe(name)
          expect(readdirSync(dir)).toEqual([name])
        }
      }),
      { numRuns: 3 },
    )
  }, 60_000)
})

describe('installing several files', () => {
  const several = (dir: string, content: string) =>
    ['a', 'b c', 'sub/d'].map((name) => ({ path: join(dir, name), content: `${content} ${name}\n` }))
  const withOld = () => {
    const dir = scratch()
    mkdirSync(join(dir, 'sub'))
    for (const { path, content } of several(dir, 'old')) writeFileSync(path, content)
    return dir
  }
  const read = (dir: string) => several(dir, '').map(({ path }) => readFileSync(path, 'utf8').split(' ')[0])
  const names = (dir: string) => readdirSync(dir, { recursive: true }).map(String).toSorted()

  test('validates them together, and then all land', () => {
    const dir = withOld()
    const look = rawScript('cat -- "$file1" "$file2" "$file3"; [ "$(cat -- "$file2")" = "new b c" ]')
    expect(run(installFiles(several(dir, 'new'), look))).toEqual({ status: 0, output: 'new a\nnew b c\nnew sub/d' })
    expect(read(dir)).toEqual(['new', 'new', 'new'])
    expect(names(dir)).toEqual(['a', 'b c', 'sub', 'sub/d'])
  })

  test.each(['base64', 'chmod', 'sync', 'validate'])('none lands and nothing is left when %s fails', (program) => {
    const dir = withOld()
    const script = installFiles(several(dir, 'new'), rawScript('validate'))
    const { status } = run(rawScript(`validate() { :; }\n${program}() { return 1; }\n${script.sh}`))
    expect(status).toBe(program === 'validate' ? 78 : 1)
    expect(read(dir)).toEqual(['old', 'old', 'old'])
    expect(names(dir)).toEqual(['a', 'b c', 'sub', 'sub/d'])
  })

  test('killed at any of its programs, each file is whole, old or new, and the next run makes all new', () => {
    const places = { mktemp: [2], base64: [3], chmod: [2], sync: [1, 2], mv: [1, 2, 3] }
    const programs = Object.entries(places).flatMap(([name, all]) => all.map((at) => ({ name, at })))
    for (const { name, at } of programs) {
      const dir = withOld()
      const { sh } = installFiles(several(dir, 'new'), undefined)
      const die = `n=0; ${name}() { n=$((n + 1)); [ "$n" != ${at} ] || kill -9 0; command ${name} "$@"; }`
      // mktemp is in a subshell: it counts what there is.
      const counted =
        name === 'mktemp'
          ? die.replace('n=$((n + 1))', `n=$(($(ls -A ${dir} ${dir}/sub | grep -c provision) + 1))`)
          : die
      run(rawScript(`setsid --wait dash -eu <<'CUT'\n${counted}\n${sh}\nCUT`))
      for (const one of read(dir)) expect(['old', 'new'], `${name} ${at}`).toContain(one)
      expect(run(installFiles(several(dir, 'new'), undefined)).status).toBe(0)
      expect(read(dir), `${name} ${at}`).toEqual(['new', 'new', 'new'])
      expect(names(dir), `${name} ${at}`).toEqual(['a', 'b c', 'sub', 'sub/d'])
    }
  })
})
