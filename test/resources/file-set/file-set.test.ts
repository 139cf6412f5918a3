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
import { type FileSet, fileSetKind } from '../../../src/resources/file-set/file-set.ts'
import { rawScript, sh } from '../../../src/shell/script.ts'
import { asked, questionOf } from '../answers.ts'
import { fileName, text } from '../arbitrary.ts'
import { converge, plan, run, scratch } from '../converge.ts'

/** Valid when main names what conf.d holds: a set that is valid only as a whole. */
const validate = sh`
  want=$(cat "$STAGE/main"); have=$(ls "$STAGE/conf.d" | tr '\n' ' ')
  [ "$want" = "$have" ] || { echo "main says '$want', conf.d holds '$have'" >&2; exit 4; }
`

const site = (root: string, names: readonly string[], more: Partial<FileSet> = {}): FileSet => ({
  name: 'site',
  root,
  files: {
    main: { content: names.map((name) => `${name} `).join('') },
    ...Object.fromEntries(names.map((name) => [`conf.d/${name}`, { content: `server ${name}\n` }])),
  },
  purge: ['conf.d/*'],
  validate,
  ...more,
})

const failing = (desired: FileSet, state: string) => {
  const [change] = plan(fileSetKind, [desired])
  if (!change) throw new Error('no change')
  return run(fileSetKind.apply([change]), state)
}

/** Everything below a directory, with contents. */
const tree = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .sort()
      .filter((path) => !lstatSync(join(dir, path)).isDirectory())
      .map((path) => [path, readFileSync(join(dir, path), 'utf8')]),
  )

describe('a file set', () => {
  test('is made from nothing, changed as a whole, then left alone', () => {
    const [root, state] = [join(scratch(), 'etc'), scratch()]
    expect(converge(fileSetKind, [site(root, ['a', 'b'])], state)).toMatchObject([
      {
        action: 'create',
        texts: [{ name: `${root}/main` }, { name: `${root}/conf.d/a` }, { name: `${root}/conf.d/b` }],
      },
    ])
    expect(plan(fileSetKind, [site(root, ['a', 'b'])])).toEqual([])
    // Neither the new main with the old conf.d nor the other way round is valid.
    expect(converge(fileSetKind, [site(root, ['b', 'c'])], state)).toMatchObject([
      {
        action: 'update',
        texts: [
          { name: `${root}/main`, before: 'a b ', after: 'b c ' },
          { name: `${root}/conf.d/c`, before: undefined, after: 'server c\n' },
          { name: `${root}/conf.d/a`, before: 'server a\n', after: undefined },
        ],
      },
    ])
    expect(tree(root)).toEqual({ main: 'b c ', 'conf.d/b': 'server b\n', 'conf.d/c': 'server c\n' })
    expect(plan(fileSetKind, [site(root, ['b', 'c'])])).toEqual([])
    expect(readdirSync(join(state, 'stage'))).toEqual([])
    expect(statSync(join(state, 'stage')).mode & 0o777).toBe(0o700)
  })

  test('that is not valid changes nothing, says why, and leaves nothing behind', () => {
    const [root, state] = [join(scratch(), 'etc'), scratch()]
    converge(fileSetKind, [site(root, ['a'])], state)
    const before = tree(root)
    const ran = failing(site(root, ['b'], { validate: sh`echo "unknown directive" >&2; exit 9` }), state)
    expect(ran.status).toBe(78)
    expect(ran.output).toBe('unknown directive\nsite: not valid; the files in place stay as they were')
    expect(tree(root)).toEqual(before)
    expect(readdirSync(join(state, 'stage'))).toEqual([])
  })

  test('that can not be written whole changes nothing', () => {
    const [root, state] = [join(scratch(), 'etc'), scratch()]
    converge(fileSetKind, [site(root, ['a'])], state)
    mkdirSync(join(root, 'conf.d/b/inside'), { recursive: true })
    const before = tree(root)
    const ran = failing({ ...site(root, ['a', 'b']), validate: sh`true` }, state)
    expect(ran).toMatchObject({ status: 1, output: expect.stringContaining('is a directory') })
    expect(tree(root)).toEqual(before)
  })

  test('of which one file fails to be brought beside keeps all others as they were', () => {
    const [root, state] = [join(scratch(), 'etc'), scratch()]
    converge(fileSetKind, [site(root, ['a'])], state)
    const [change] = plan(fileSetKind, [site(root, ['b', 'c'])])
    if (!change) throw new Error('no change')
    const before = tree(root)
    // A disk that is full when the second file is written.
    const full =
      'n=0; sync() { n=$((n + 1)); if [ "$n" = 2 ]; then echo "No space left on device" >&2; return 1; fi; }\n'
    const ran = run(rawScript(full + fileSetKind.apply([change]).sh), state)
    expect(ran).toMatchObject({ status: 1, output: 'No space left on device' })
    expect(tree(root)).toEqual(before)
    expect(readdirSync(join(state, 'stage'))).toEqual([])
  })

  test('cut between two renames is completed by the next run', () => {
    const [root, state] = [join(scratch(), 'etc'), scratch()]
    converge(fileSetKind, [site(root, ['a'])], state)
    const [change] = plan(fileSetKind, [site(root, ['b', 'c'])])
    if (!change) throw new Error('no change')
    // SIGKILL: no trap runs, whatever was made stays behind.
    const cut = 'n=0; mv() { n=$((n + 1)); [ "$n" -lt 2 ] || kill -9 0; command mv "$@"; }\n'
    const killed = run(rawScript(`setsid --wait dash -eu <<'CUT'\n${cut}${fileSetKind.apply([change]).sh}\nCUT`), state)
    expect(killed.status).not.toBe(0)
    expect(readFileSync(join(root, 'main'), 'utf8')).toBe('b c ')
    expect(existsSync(join(root, 'conf.d/b'))).toBe(false)
    expect(readdirSync(join(state, 'stage'))).toHaveLength(1)
    converge(fileSetKind, [site(root, ['b', 'c'])], state)
    expect(tree(root)).toEqual({ main: 'b c ', 'conf.d/b': 'server b\n', 'conf.d/c': 'server c\n' })
    expect(readdirSync(join(state, 'stage'))).toEqual([])
    expect(plan(fileSetKind, [site(root, ['b', 'c'])])).toEqual([])
  })

  test('purges only what its globs match', () => {
    const [root, state] = [scratch(), scratch()]
    mkdirSync(join(root, 'conf.d/deep'), { recursive: true })
    for (const path of ['keep', 'conf.d/x.conf', 'conf.d/README', 'conf.d/deep/y.conf', "conf.d/it's\nodd.conf"]) {
      writeFileSync(join(root, path), path)
    }
    symlinkSync('/etc/hostname', join(root, 'conf.d/link.conf'))
    const desired: FileSet = { name: 's', root, files: { 'conf.d/mine.conf': { content: 'm' } }, validate: sh`true` }
    expect(plan(fileSetKind, [desired])[0]?.texts).toHaveLength(1)
    converge(fileSetKind, [{ ...desired, purge: ['conf.d/*.conf', 'none/{a,b}'] }], state)
    expect(readdirSync(join(root, 'conf.d')).sort()).toEqual(['README', 'deep', 'mine.conf'])
    expect(existsSync(join(root, 'keep'))).toBe(true)
    converge(fileSetKind, [{ ...desired, purge: ['**/*.conf'] }], state)
    expect(readdirSync(join(root, 'conf.d/deep'))).toEqual([])
    expect(existsSync(join(root, 'conf.d/mine.conf'))).toBe(true)
  })

  test('never writes through a link out of its stage', () => {
    const [root, state, elsewhere] = [scratch(), scratch(), scratch()]
    symlinkSync(elsewhere, join(root, 'conf.d'))
    const ran = failing({ name: 's', root, files: { 'conf.d/a': { content: 'x' } }, validate: sh`true` }, state)
    expect(ran).toMatchObject({ status: 1, output: expect.stringContaining('conf.d is a symlink') })
    expect(readdirSync(elsewhere)).toEqual([])
  })

  test('keeps modes that are not declared and sets those that are', () => {
    const [root, state] = [scratch(), scratch()]
    writeFileSync(join(root, 'a'), 'old')
    chmodSync(join(root, 'a'), 0o600)
    const files = { a: { content: 'new' }, b: { content: 'key', mode: '0640' } }
    const desired: FileSet = { name: 's', root, files, validate: sh`test "$(cat "$STAGE/a")" = new` }
    expect(converge(fileSetKind, [desired], state)[0]?.fields).toEqual([{ field: 'b mode', to: '0640' }])
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o600)
    chmodSync(join(root, 'b'), 0o644)
    expect(converge(fileSetKind, [desired], state)).toMatchObject([
      { fields: [{ field: 'b mode', from: '0644', to: '0640' }], texts: [] },
    ])
    expect(statSync(join(root, 'b')).mode & 0o777).toBe(0o640)
  })

  test('C13: is not changed where its program would not start for a name that nobody knows, and says so where it is', () => {
    const root = join(scratch(), 'etc')
    const named = (content: string, names: readonly string[]) => ({
      ...{ name: 'nginx', root, files: { a: { content } }, names, validate: sh`true` },
    })
    const known = named('old', ['localhost'])
    converge(fileSetKind, [known], scratch())
    const sets = (content: string) => [known, named(content, ['localhost', 'nosuch.invalid'])]
    const answers = (content: string) => {
      const found = asked(questionOf(fileSetKind, sets(content)))
      if (found.answers === undefined) throw new Error('no answer')
      return found.answers
    }
    expect(fileSetKind.obstacles?.(answers('new'), sets('new')).get('nginx')).toMatchObject({
      message: "'nosuch.invalid' can't be looked up on this host, and what these files are for would not start",
      path: '/etc/hosts',
    })
    expect(fileSetKind.obstacles?.(answers('old'), [known])).toEqual(new Map())
    const state = fileSetKind.parse(answers('old'), sets('old')).get('nginx')
    if (state === undefined || state === 'unknown' || state === 'absent') throw new Error('it is there')
    expect(fileSetKind.notes?.(known, state)).toEqual([
      "'nosuch.invalid' can't be looked up on this host now: what these files are for would not start",
    ])
    // Where nothing of it is there, a package before it may make the name known: it is told, and no other change for that.
    const bare = { ...known, name: 'bare', root: join(root, 'none'), names: ['nosuch.invalid', 'also.invalid'] }
    const [change] = plan(fileSetKind, [bare])
    expect(change?.action).toBe('create')
    expect(change && fileSetKind.notes?.(bare, change.actual)).toEqual([
      "'also.invalid' and 'nosuch.invalid' can't be looked up on this host now: what these files are for would not start",
    ])
  })

  test('has only paths inside its root', () => {
    for (const path of ['../x', '/etc/x', 'a/../../x', 'a/', '', '.']) {
      const desired = { name: 's', root: '/etc/s', files: { [path]: { content: '' } }, validate: sh`true` }
      expect(() => fileSetKind.key(desired)).toThrow('not a path inside its root')
    }
  })

  test('property: any names and texts converge', () => {
    const odd = fc.uniqueArray(fc.tuple(fileName, text), { selector: ([name]) => name, minLength: 1, maxLength: 4 })
    const sets = fc.array(fc.record({ all: odd, dir: fileName }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(sets, (drawn) => {
        const state = scratch()
        const each = drawn.map((one) => ({ ...one, root: scratch() }))
        const desired = each.map(({ all, dir, root }, i): FileSet => {
          const files = Object.fromEntries(all.map(([name, content]) => [`${dir}/${name}`, { content }]))
          writeFileSync(join(root, 'stray'), '')
          return { name: `it's $x ${i}`, root, files, purge: ['**'], validate: sh`test -d "$STAGE"` }
        })
        expect(converge(fileSetKind, desired, state)).toHaveLength(each.length)
        for (const { all, dir, root } of each) {
          for (const [name, content] of all) expect(readFileSync(join(root, dir, name), 'utf8')).toBe(content)
          expect(existsSync(join(root, 'stray'))).toBe(false)
        }
        expect(plan(fileSetKind, desired)).toEqual([])
      }),
      { numRuns: 2 },
    )
  }, 60_000)
})
