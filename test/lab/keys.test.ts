import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { makeKeyPair } from '../../src/lab/keys.ts'

test('every key pair can be read, as one in 256 of those that ssh2 makes can not', () => {
  for (let n = 0; n < 1000; n += 1) {
    const { private: own, public: shown } = makeKeyPair('lab')
    const key = ssh2.utils.parseKey(own)
    if (key instanceof Error) throw key
    // What it is good for, once it can be read, is the same for each of them.
    if (n < 20) expect(key.verify('data', key.sign('data'))).toBe(true)
    // 4 + 11 bytes of the type, 4 + 32 of the key.
    expect(Buffer.from(shown.split(' ')[1] ?? '', 'base64')).toHaveLength(51)
  }
})
