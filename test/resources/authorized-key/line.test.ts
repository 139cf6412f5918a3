import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorizedKeyKind } from '../../../src/resources/authorized-key/authorized-key.ts'
import { formatKeyLine, type KeyLine, parseKeyLine } from '../../../src/resources/authorized-key/line.ts'

const TYPES = ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'sk-ssh-ed25519@openssh.com'] as const
const blobOf = (type: string, body: Uint8Array): string => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type), body]).toString('base64')
}
const key: fc.Arbitrary<KeyLine> = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.uint8Array({ minLength: 16, maxLength: 64 }),
    fc.constantFrom(
      '',
      'no-pty',
      'from="10.0.0.0/8,*.x"',
      'command="echo \\"a b\\" ssh-rsa",no-pty',
      'environment="A=b c"',
    ),
    fc.stringMatching(/^[a-z@.]{0,12}$/),
  )
  .map(([type, body, options, comment]) => ({ type, blob: blobOf(type, body), options, comment }))

describe('a line of authorized_keys', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(key, (one) => {
        expect(parseKeyLine(formatKeyLine(one))).toEqual(one)
      }),
    )
  })

  const blob = blobOf('ssh-ed25519', new Uint8Array(32))
  it.each([
    '',
    '# ssh-ed25519 AAAA',
    'ssh-ed25519',
    'ssh-ed25519 not-base64!',
    `ssh-rsa ${blob}`,
    `no-such-type ${blob}`,
    `command="open ssh-ed25519 ${blob}`,
  ])('is no key: %j', (line) => expect(parseKeyLine(line)).toBeUndefined())

  it('is refused when it is declared and is none, or is declared twice', () => {
    const line = `ssh-ed25519 ${blob}`
    expect(authorizedKeyKind.key({ user: 'ann', keys: [line] })).toBe('ann')
    expect(() => authorizedKeyKind.key({ user: 'ann', keys: ['ssh-ed25519 x'] })).toThrow('no public key for ann')
    expect(() => authorizedKeyKind.key({ user: 'ann', keys: [`${line}\n${line}`] })).toThrow('no public key for ann')
    expect(() => authorizedKeyKind.key({ user: 'ann', keys: [line, `no-pty ${line} b`] })).toThrow('declared twice')
    expect(() => authorizedKeyKind.key({ user: '0', keys: [] })).toThrow('no name for a user')
  })
})
