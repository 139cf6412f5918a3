import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSameValue } from '../../../src/resources/sysctl/value.ts'

describe('C01: a value is compared as the kernel keeps it', () => {
  test.each([
    ['1024\t65000', '1024 65000'],
    ['1-3,4', '1-4'],
    ['4,1-3,8080', '1-4,8080'],
    ['7-7', '7'],
    ['0x10', '16'],
    ['010', '8'],
    ['00', '0'],
    ['-0x1', '-1'],
    ['4 4 1 7', '4\t4\t1\t7'],
    ['0x4 4 1 7', '4\t4\t1\t7'],
    ['1', '00000000,00000001'],
    ['18446744073709551615', '0xffffffffffffffff'],
  ])('%j is %j', (declared, live) => {
    expect(isSameValue(declared, live)).toBe(true)
  })

  test.each([
    ['10', '16'],
    ['010', '10'],
    ['1-3', '1-4'],
    ['9223372036854775807', '9223372036854775806'],
    ['1', '1 1'],
    ['cubic', 'reno'],
    ['010-4', '10-4'],
    ['', '0'],
  ])('%j is not %j', (declared, live) => {
    expect(isSameValue(declared, live)).toBe(false)
  })

  test('numbers are the same exactly when they are equal', () => {
    const written = fc.tuple(fc.bigInt({ min: 0n, max: 300n }), fc.constantFrom(10, 16, 8)).map(([value, base]) => ({
      value,
      text: `${{ 10: '', 16: '0x', 8: '0' }[base] ?? ''}${value.toString(base)}`,
    }))
    fc.assert(
      fc.property(written, written, (one, other) => {
        expect(isSameValue(one.text, other.text)).toBe(one.value === other.value)
      }),
    )
  })
})
