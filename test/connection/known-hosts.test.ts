import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  fingerprint,
  formatKnownHost,
  judge,
  knownHostsName,
  knownTypes,
  parseKnownHosts,
} from '../../src/connection/known-hosts.ts'

const wire = (type: string, fill: number) => {
  const name = Buffer.from(type)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(name.length)
  return Buffer.concat([length, name, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, fill)])
}
const ED = wire('ssh-ed25519', 1)
const OTHER = wire('ssh-ed25519', 2)
const EC = wire('ecdsa-sha2-nistp256', 3)
const line = (names: string, key: Buffer, type = 'ssh-ed25519') => `${names} ${type} ${key.toString('base64')}`
const at = (address: string, port = 22) => ({ address, port })
const verdict = (text: string, host: { address: string; port: number }, key = ED) =>
  judge(parseKnownHosts(text), host, key)

test.each([
  ['plain name', 'web1.example.com', at('web1.example.com'), 'known'],
  ['case does not matter', 'WEB1.example.com', at('Web1.Example.com'), 'known'],
  ['comma list', 'web1,10.0.0.1', at('10.0.0.1'), 'known'],
  ['part of a name is not the name', 'web1', at('web11'), 'unknown'],
  ['a dot is a dot', '10.0.0.1', at('10a0b0c1'), 'unknown'],
  ['star', '*.example.com', at('a.b.example.com'), 'known'],
  ['question mark', 'web?', at('web7'), 'known'],
  ['negation wins wherever it stands', '!web3,web*', at('web3'), 'unknown'],
  ['negation alone matches nothing', '!web3', at('web4'), 'unknown'],
  ['port', '[web1]:2222', at('web1', 2222), 'known'],
  ['another port', '[web1]:2222', at('web1', 2223), 'unknown'],
  ['a port of its own, known under the bare name', 'web1', at('web1', 2222), 'known'],
  ['IPv6', '2001:db8::1', at('2001:DB8::1'), 'known'],
  ['IPv6 with a port', '[2001:db8::1]:2222', at('2001:db8::1', 2222), 'known'],
])('%s', (_, names, host, kind) => {
  expect(verdict(line(names, ED), host).kind).toBe(kind)
})

test('a different key of a known type is a change, and says which lines', () => {
  const text = ['# comment', '', line('web1', OTHER), line('other', ED), line('web1', EC, 'ecdsa-sha2-nistp256')].join(
    '\n',
  )
  expect(verdict(text, at('web1'))).toEqual({
    kind: 'changed',
    lines: [3, 5],
    types: ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
  })
  expect(knownTypes(parseKnownHosts(text), at('web1'))).toEqual(['ssh-ed25519', 'ecdsa-sha2-nistp256'])
})

test('a key of a type that is not known, where others are, is a change too', () => {
  expect(verdict(line('web1', EC, 'ecdsa-sha2-nistp256'), at('web1'))).toMatchObject({ kind: 'changed', lines: [1] })
})

test('a change under the bare name does not refuse a host on a port of its own', () => {
  expect(verdict(line('web1', OTHER), at('web1', 2222)).kind).toBe('unknown')
})

test('a revoked key is refused although it is listed as good, under any name that covers the host', () => {
  expect(verdict(`${line('web1', ED)}\n@revoked ${line('*', ED)}`, at('web1'))).toEqual({ kind: 'revoked', line: 2 })
  expect(verdict(`@revoked ${line('*', OTHER)}\n${line('web1', ED)}`, at('web1')).kind).toBe('known')
})

test('a certificate authority is told apart from a key', () => {
  expect(verdict(`@cert-authority ${line('*', OTHER)}`, at('web1'))).toEqual({ kind: 'authority', line: 1 })
  expect(verdict(`@cert-authority ${line('*', ED)}`, at('web1')).kind).toBe('authority')
  expect(verdict(`@cert-authority ${line('*', OTHER)}\n${line('web1', ED)}`, at('web1')).kind).toBe('known')
})

test('malformed lines are listed with their number and the rest counts', () => {
  const text = [
    'web1',
    'web1 ssh-ed25519',
    line('|1|x', ED),
    '@odd a b c',
    'web1 ssh-ed25519 AAAA',
    line('web1', ED),
  ].join('\n')
  const known = parseKnownHosts(text)
  expect(known.malformed.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5])
  expect(judge(known, at('web1'), ED)).toEqual({ kind: 'known', line: 6 })
})

test('reads tabs, comments behind the key and CRLF', () => {
  expect(verdict(`web1\tssh-ed25519\t${ED.toString('base64')}  a comment here\r\n`, at('web1')).kind).toBe('known')
})

const address = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
const port = fc.oneof(fc.constant(22), fc.integer({ min: 1, max: 65535 }))
const salt = fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }), { nil: undefined })

test('what is written is read back for this host and no other', () => {
  fc.assert(
    fc.property(address, port, address, port, salt, (address, port, address2, port2, bytes) => {
      fc.pre(address.toLowerCase() !== address2.toLowerCase())
      const written = formatKnownHost({ address, port }, ED, bytes && Buffer.from(bytes))
      expect(written.endsWith('\n') && !written.slice(0, -1).includes('\n')).toBe(true)
      const known = parseKnownHosts(written)
      expect(judge(known, { address, port }, ED)).toEqual({ kind: 'known', line: 1 })
      expect(judge(known, { address, port }, OTHER).kind).toBe('changed')
      expect(judge(known, { address: address2, port: port2 }, ED).kind).toBe('unknown')
    }),
  )
})

test('any text can be read', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('@revoked', '|1|', '!', '*', 'web1', 'ssh-ed25519', ED.toString('base64'), '\n'),
  )
  fc.assert(
    fc.property(fc.array(word), (words) => {
      judge(parseKnownHosts(words.join(' ')), at('web1'), ED)
    }),
  )
})

test('agrees with ssh-keygen about hashed names and fingerprints', () => {
  const dir = mkdtempSync(join(tmpdir(), 'known-hosts-'))
  try {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'key')])
    const keyOf = (text: string) => Buffer.from(text.split(' ')[1] ?? '', 'base64')
    const publicKey = execFileSync('ssh-keygen', ['-y', '-f', join(dir, 'key')], { encoding: 'utf8' })
    const key = keyOf(publicKey)
    const shown = execFileSync('ssh-keygen', ['-l', '-f', join(dir, 'key.pub')], { encoding: 'utf8' })
    expect(shown).toContain(fingerprint(key))
    const file = join(dir, 'known_hosts')
    writeFileSync(file, formatKnownHost(at('10.0.0.1', 2222), key, Buffer.alloc(20, 7)))
    expect(execFileSync('ssh-keygen', ['-F', '[10.0.0.1]:2222', '-f', file], { encoding: 'utf8' })).toContain(
      'found: line 1',
    )
    writeFileSync(file, formatKnownHost(at('web1.example.com'), key))
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    const hashed = execFileSync('cat', [file], { encoding: 'utf8' })
    expect(hashed).not.toContain('web1')
    expect(verdict(hashed, at('web1.example.com'), key).kind).toBe('known')
  } finally {
    rmSync(dir, { recursive: true })
  }
})

describe.each([12, 500, 2_000])('a file of %d hosts with hashed names', (count) => {
  const keyOf = (host: number, type: string) => Buffer.concat([wire(type, 1), Buffer.from(String(host))])
  const types = ['ssh-ed25519', 'ssh-rsa']
  const salt = (host: number, of: number) => Buffer.from(`${of} ${host}`.padEnd(20))
  // As quick as can be, for what counts is how often it is asked.
  const hash = (name: string, salt: Buffer) => Buffer.from(`${salt} ${name}`)
  const hashedLine = (host: number, of: number) => {
    const [type = '', names] = [types[of], `|1|${salt(host, of).toString('base64')}`]
    const hashed = hash(`host${host}`, salt(host, of)).toString('base64')
    return line(`${names}|${hashed}`, keyOf(host, type), type)
  }
  const file = (of: readonly number[]) =>
    Array.from({ length: count }, (_, host) => of.map((type) => hashedLine(host, type))).flat()
  const counted = (lines: readonly string[]) => {
    const asked = { times: 0 }
    const known = parseKnownHosts(`${lines.join('\n')}\n`, (name, salt) => {
      asked.times += 1
      return hash(name, salt)
    })
    return { known, asked }
  }

  test('a host that shows its key is found by one HMAC', () => {
    const { known, asked } = counted(file([0]))
    for (let host = 0; host < count; host++) {
      expect(judge(known, at(`host${host}`), keyOf(host, 'ssh-ed25519')).kind).toBe('known')
    }
    expect(asked.times).toBe(count)
  })

  test('no name is tried twice on a line, and on none that is known to be of another', () => {
    const { known, asked } = counted(file([0, 1]))
    const seen = 12
    for (let round = 0; round < 3; round++) {
      for (let host = 0; host < seen; host++) {
        expect(knownTypes(known, at(`host${host}`))).toEqual(types)
        expect(judge(known, at(`host${host}`), keyOf(host, 'ssh-rsa')).kind).toBe('known')
        expect(judge(known, at(`host${host}`), keyOf(host + 1, 'ssh-rsa')).kind).toBe('changed')
      }
    }
    // The nth name finds two lines of each before it taken already.
    expect(asked.times).toBe(seen * 2 * count - seen * (seen - 1))
  })

  test('what is appended is known without one', () => {
    const { known, asked } = counted(file([0]))
    expect(judge(known, at('new'), ED).kind).toBe('unknown')
    const before = asked.times
    expect(before).toBe(count)
    known.append(formatKnownHost(at('new'), ED, Buffer.alloc(20, 1)), knownHostsName(at('new')))
    expect(judge(known, at('new'), ED)).toEqual({ kind: 'known', line: count + 1 })
    expect(judge(known, at('new'), OTHER)).toMatchObject({ kind: 'changed', lines: [count + 1] })
    expect(asked.times).toBe(before)
  })
})

describe.each([50, 500])('a file of %d hosts with names that can be read', (count) => {
  const keyOf = (host: number, type: string) => Buffer.concat([wire(type, 1), Buffer.from(String(host))])
  const types = ['ssh-ed25519', 'ssh-rsa']
  const lines = Array.from({ length: count }, (_, host) =>
    types.map((type) => line(`host${host}`, keyOf(host, type), type)),
  )

  test('is looked up: names are tried on patterns only', () => {
    const patterns = [line('*.example.com,!bad.example.com', ED, 'ssh-ed25519'), line('rack?', OTHER, 'ssh-ed25519')]
    const known = parseKnownHosts([...lines.flat(), ...patterns, ''].join('\n'))
    const tried = vi.spyOn(RegExp.prototype, 'test')
    try {
      for (let host = 0; host < count; host += 1) {
        expect(knownTypes(known, at(`host${host}`))).toEqual(types)
        expect(judge(known, at(`host${host}`), keyOf(host, 'ssh-rsa')).kind).toBe('known')
        expect(judge(known, at(`host${host}`), keyOf(host + count, 'ssh-rsa')).kind).toBe('changed')
      }
      // The three patterns of two lines, once a host.
      expect(tried.mock.contexts.filter((pattern) => String(pattern).startsWith('/^'))).toHaveLength(3 * count)
    } finally {
      tried.mockRestore()
    }
    expect(judge(known, at('web1.example.com'), ED).kind).toBe('known')
    expect(judge(known, at('rack7'), OTHER)).toEqual({ kind: 'known', line: 2 * count + 2 })
  })
})
