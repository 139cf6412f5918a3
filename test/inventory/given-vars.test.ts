import { describe, expect, test } from 'vitest'
import { givenVars } from '../../src/inventory/given-vars.ts'

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
})
