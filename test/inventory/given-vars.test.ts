import { describe, expect, test } from 'vitest'
import { givenVars } from '../../src/inventory/given-vars.ts'
import { placeText } from '../../src/problems/place.ts'

describe('--var', () => {
  test('is YAML, and the last of a name wins', () => {
    const { level, problems } = givenVars(['on=true', 'ports=[80, 443]', 'on=false', 'empty='])
    expect(level.vars).toEqual({ on: false, ports: [80, 443], empty: null })
    expect(problems).toEqual([])
  })

  test('that is none is a problem and sets nothing: a null would take a default away', () => {
    const { level, problems } = givenVars(['nonsense', 'rules=[{', 'a b=1', 'fine=1'])
    expect(level.vars).toEqual({ fine: 1 })
    expect(problems.map(({ message }) => message.replace(/: not valid YAML.*/, ''))).toEqual([
      '--var nonsense is not name=value',
      '--var rules',
      '--var a b=1 is not name=value',
    ])
  })

  test('@file: all vars of a file, in the order of the command line, with their places', () => {
    const files: Record<string, string> = { 'extra.yml': 'a: 1\nenv:\n  MODE: live\n', 'none.yml': '' }
    const read = (path: string): string => {
      const text = files[path]
      if (text === undefined) throw new Error('no such file')
      return text
    }
    const { level, problems } = givenVars(['a=0', '@extra.yml', 'env={ PORT: 1 }', '@none.yml'], read)
    expect([level.vars, problems]).toEqual([{ a: 1, env: { PORT: 1 } }, []])
    expect(level.origins.get('/a')).toMatchObject({ file: '--var @extra.yml', line: 1 })
    expect(placeText({ file: '--var @extra.yml', line: 2, col: 1 })).toBe('--var @extra.yml:2')
    expect(level.origins.get('/env/MODE')).toBeUndefined()
    expect(level.origins.get('/env/PORT')).toMatchObject({ file: '--var' })
  })

  test('@file: what is wrong with it is told with its name', () => {
    const read = (path: string): string => {
      if (path === 'list') return '- 1\n'
      if (path === 'sealed') return 'a: x\nsops: {}\n'
      if (path === 'bad') return 'a: [\n'
      throw new Error('no such file')
    }
    const { level, problems } = givenVars(['@list', '@sealed', '@gone', '@bad'], read)
    expect(level.vars).toEqual({})
    expect(problems.map(({ message, origin }) => `${origin?.file ?? ''} ${message}`)).toEqual([
      ' --var @list: a file of vars must be a mapping of names to values',
      ' --var @sealed: it is encrypted',
      ' --var @gone: no such file',
      expect.stringMatching(/^--var @bad not valid YAML/),
    ])
  })
})
