import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { fingerprint, formatKnownHost } from '../../src/connection/known-hosts.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { type Named, parseExpected } from '../../src/trust/expected.ts'

const HOSTS: readonly Named[] = [
  { name: 'web1', address: '192.0.2.11', port: 22 },
  { name: 'web2', address: 'web2.example.org', port: 2222 },
]
const [web1, web2] = HOSTS as [Named, Named]
const keys = [1, 2].map((n) => {
  const text = makeKeyPair(`host ${n}`).public
  return { text, key: Buffer.from(text.split(' ')[1] ?? '', 'base64') }
})
const [one, two] = keys as [(typeof keys)[0], (typeof keys)[0]]
const bare = ({ text }: { text: string }) => text.split(' ').slice(0, 2).join(' ')
const sshfp = (key: Buffer, digest = 2) =>
  `4 ${digest} ${createHash(digest === 2 ? 'sha256' : 'sha1')
    .update(key)
    .digest('hex')
    .toUpperCase()}`

test.each([
  ['known_hosts, by address', `192.0.2.11 ${bare(one)}`],
  ['known_hosts, by the name of the inventory', `web1,web1.example.org ${bare(one)} comment`],
  ['known_hosts, hashed', formatKnownHost(web1, one.key, Buffer.alloc(20, 7)).trim()],
  ['ssh-keygen -l', `256 ${fingerprint(one.key)} root@web1 (ED25519)`],
  ['ssh-keygen -lf of a known_hosts file', `256 ${fingerprint(one.key)} 192.0.2.11 (ED25519)`],
  ['a name and a fingerprint', `web1 ${fingerprint(one.key)}`],
  ['the table of provision trust', `web1  192.0.2.11  ED25519  ${fingerprint(one.key)}  unknown`],
  ['ssh-keygen -r', `web1 IN SSHFP ${sshfp(one.key)}`],
  ['dig', `web1.\t\t3600\tIN\tSSHFP\t${sshfp(one.key).replace(/(.{56})$/, ' $1')}`],
])('%s is of that host and no other', (_, line) => {
  const list = parseExpected(`# console, today\n${line}\n`, HOSTS)
  expect(list.malformed).toEqual([])
  expect(list.of(web1, one.key)).toEqual({ kind: 'matches', line: 2 })
  expect(list.of(web1, two.key)).toEqual({ kind: 'differs', lines: [2] })
  // It may be a lie that another host shows the key of the first.
  expect(list.of(web2, one.key)).toEqual({ kind: 'silent' })
})

test('a port of its own: by name, by [address]:port, and as a list made on port 22 has it', () => {
  for (const name of ['web2', '[web2.example.org]:2222', 'web2.example.org']) {
    expect(parseExpected(`${name} ${bare(two)}\n`, HOSTS).of(web2, two.key)).toEqual({ kind: 'matches', line: 1 })
  }
})

test('a fingerprint that names nobody is good for any host', () => {
  const list = parseExpected(`256 ${fingerprint(one.key)} no comment (ED25519)`, HOSTS)
  for (const host of HOSTS) expect(list.of(host, one.key)).toEqual({ kind: 'matches', line: 1 })
  expect(list.of(web1, two.key)).toEqual({ kind: 'silent' })
})

test('a key of another type is one of which the list says nothing; its types are known', () => {
  const list = parseExpected(`3072 SHA256:${'a'.repeat(43)} root@web1 (RSA)`, HOSTS)
  expect(list.of(web1, one.key)).toEqual({ kind: 'silent' })
  expect(list.types(web1)).toEqual(['RSA'])
  expect(parseExpected(`web1 ${bare(one)}`, HOSTS).types(web1)).toEqual(['ED25519'])
})

test('SHA-1 in DNS proves nothing; what is neither key nor fingerprint is told', () => {
  const list = parseExpected(`web1 IN SSHFP ${sshfp(one.key, 1)}\nweb1 is good\n\n`, HOSTS)
  expect(list.of(web1, one.key)).toEqual({ kind: 'silent' })
  expect(list.malformed).toEqual([2])
})
