import { describe, expect, test } from 'vitest'
import { holdsPassword, sha256Crypt } from '../../../../src/products/mysql/kinds/password.ts'

/** authentication_string of an account that a real 9.7.4 made. */
const PASSWORD = `pa'ss\\w'ö"x`
const STORED = Buffer.from(
  '244124303041243E453E0A480F462A5D2E7D17150115294702195A574143387437304B7941454B4852702E4536694355595A48732F655041547469345A4A6763366C48794642',
  'hex',
)

describe('holdsPassword', () => {
  test('knows the password of a real account', () => {
    expect(holdsPassword(STORED, PASSWORD)).toBe(true)
    expect(holdsPassword(STORED, `${PASSWORD} `)).toBe(false)
    expect(holdsPassword(STORED, '')).toBe(false)
  })

  test('the rounds are part of what is stored: 8.0 has 5000', () => {
    const salt = Buffer.from('abcdefghijklmnopqrst')
    const digest = sha256Crypt(Buffer.from('secret'), salt, 5000)
    const stored = Buffer.concat([Buffer.from('$A$005$'), salt, Buffer.from(digest)])
    expect(holdsPassword(stored, 'secret')).toBe(true)
    stored.write('00A', 3)
    expect(holdsPassword(stored, 'secret')).toBe(false)
  })

  test('an account without a password holds the empty one only; nonsense holds none', () => {
    expect(holdsPassword(Buffer.alloc(0), '')).toBe(true)
    expect(holdsPassword(Buffer.alloc(0), 'x')).toBe(false)
    expect(
      holdsPassword(Buffer.from('$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED'), 'x'),
    ).toBe(false)
    expect(holdsPassword(Buffer.from('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'), 'x')).toBe(false)
  })
})

/** As `openssl passwd -5` has them. */
test.each([
  ['Hello world!', 'saltstring', 5000, '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', 'saltstringsaltst', 10000, '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  [
    'a password that is longer than one block of sha256, 64 bytes, is it not? é',
    'abcdefgh',
    5000,
    'MmQf8UWZu0NWkBmbBonRAdsI/nAWQTdu/AnjOwvyoT0',
  ],
  ['y', 'x', 5000, 'O88x.c5Ao7NZzaN9zyegs3CCy.SvzO2.S80Sji5VOk0'],
])('SHA-crypt of %j with salt %s', (password, salt, rounds, digest) => {
  expect(sha256Crypt(Buffer.from(password), Buffer.from(salt), rounds)).toBe(digest)
})
