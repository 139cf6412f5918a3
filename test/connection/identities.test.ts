import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connector } from '../../src/connection/connect.ts'
import { findIdentities } from '../../src/connection/identities.ts'
import { keyReader, readKey } from '../../src/connection/key-file.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { startAgent } from './agent.ts'
import { aHost } from './host-fixture.ts'
import { sshServer } from './ssh-server.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'identities-'))
  mkdirSync(join(home, '.ssh'))
})
afterEach(() => rmSync(home, { recursive: true }))

const put = (name: string, passphrase?: string) => {
  const path = join(home, '.ssh', name)
  const pair =
    passphrase === undefined
      ? makeKeyPair('test')
      : ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 4 })
  writeFileSync(path, pair.private, { mode: 0o600 })
  return path
}
const blobOfPrivate = (text: string) => {
  const key = ssh2.utils.parseKey(text)
  return key instanceof Error ? '' : key.getPublicSSH().toString('base64')
}
const labels = async (env: NodeJS.ProcessEnv, identityFile?: string) => {
  const found = await findIdentities(aHost({ identityFile }), { HOME: home, ...env })
  return { usable: found.usable.map(({ label }) => where(label)), skipped: found.skipped }
}
/** What a label says after type and fingerprint. */
const where = (label: string) => /^[A-Z0-9-]+ SHA256:[A-Za-z0-9+/]{43} \((.*)\)$/.exec(label)?.[1]

test('the agent comes first, in it the usual keys, then their files, none twice; an encrypted one is skipped by name', async () => {
  const rsa = put('id_rsa')
  const ecdsa = put('id_ecdsa')
  const encrypted = put('id_ed25519', 'secret words')
  const agent = await startAgent(home, [put('other'), ecdsa])
  const blob = blobOfPrivate(readFileSync(ecdsa, 'utf8'))
  expect((await findIdentities(aHost(), { HOME: home, SSH_AUTH_SOCK: agent.socket })).usable[0]?.blob).toBe(blob)
  expect(await labels({ SSH_AUTH_SOCK: agent.socket })).toEqual({
    usable: ['test, ssh-agent', 'test, ssh-agent', rsa],
    skipped: [`${encrypted} (encrypted)`],
  })
  expect((await labels({})).usable).toEqual([ecdsa, rsa])
})

test('C36: an agent that is gone is skipped, and the usual keys are tried', async () => {
  const rsa = put('id_rsa')
  const { usable, skipped } = await labels({ SSH_AUTH_SOCK: join(home, 'gone') })
  expect(usable).toEqual([rsa])
  expect(skipped).toEqual([expect.stringMatching(/^ssh-agent \(.+\)$/)])
})

test('an identity file is the only one', async () => {
  put('id_rsa')
  const mine = put('mine')
  expect((await labels({ SSH_AUTH_SOCK: '/run/agent' }, mine)).usable).toEqual([mine])
})

test.each(['encrypted', 'the public part of one', 'there as its public part only'])(
  'C35: of an identity file that is %s, only its key is offered',
  async (what) => {
    const open = put('mine')
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => put(name))
    const agent = await startAgent(home, [...others, open])
    const blob = blobOfPrivate(readFileSync(open, 'utf8'))
    if (what === 'encrypted') execFileSync('ssh-keygen', ['-q', '-p', '-f', open, '-N', 'secret words', '-P', ''])
    else writeFileSync(what.startsWith('there') ? `${open}.pub` : open, `ssh-ed25519 ${blob} test\n`)
    if (what.startsWith('there')) rmSync(open)
    const found = await findIdentities(aHost({ identityFile: open }), { HOME: home, SSH_AUTH_SOCK: agent.socket })
    expect(found.usable.map((one) => [where(one.label), one.blob])).toEqual([['test, ssh-agent', blob]])
  },
)

test('C35: a key that the agent does not hold is not replaced by another one', async () => {
  const mine = put('mine', 'secret words')
  const agent = await startAgent(home, [put('other')])
  await expect(labels({ SSH_AUTH_SOCK: agent.socket }, mine)).rejects.toMatchObject({
    code: 'auth',
    message: expect.stringMatching(/mine is encrypted, and of ssh-agent: it does not hold this key$/),
  })
  await expect(labels({}, mine)).rejects.toMatchObject({
    code: 'auth',
    message: `the identity file ${mine} is encrypted, and of ssh-agent: there is none`,
    hint: expect.stringContaining('ssh-agent'),
  })
})

test('C34: the key that worked is offered first on each new connection, and early elsewhere', async () => {
  const agent = await startAgent(
    home,
    ['a', 'b', 'c', 'd', 'e'].map((name) => put(name)),
  )
  const env = { HOME: home, SSH_AUTH_SOCK: agent.socket }
  const { usable } = await findIdentities(aHost(), env)
  const good = usable[4]?.blob
  const server = await sshServer({
    onExec: () => {},
    onAuth: (context) => {
      if (context.method === 'publickey' && context.key.data.toString('base64') === good) context.accept()
      else context.reject(['publickey'])
    },
  })
  try {
    const open = connector({ env })
    const host = server.host({ identityFile: undefined })
    const keys = () => server.offered.splice(0).filter((offer) => offer.startsWith('publickey'))
    await (await open(host)).close()
    expect(new Set(keys()).size).toBe(5)
    for (const again of [host, { ...host, name: 'web2' }]) {
      await (await open(again)).close()
      expect([...new Set(keys())]).toEqual([expect.stringContaining(` ${good}`)])
    }
    // A file that is named is the only one, whatever worked elsewhere.
    await expect(open({ ...server.host(), name: 'web3' })).rejects.toMatchObject({ code: 'auth' })
    expect(keys().join()).not.toContain(` ${good}`)
  } finally {
    server.close()
  }
})

test('what ssh_config names comes first, by the agent where that holds it, then the agent’s others', async () => {
  const [inClear, inAgent, other] = [put('clear'), put('held'), put('other')]
  const encrypted = put('encrypted', 'secret words')
  put('id_rsa')
  const agent = await startAgent(home, [other, inAgent])
  const blobs = [inClear, inAgent, other].map((path) => blobOfPrivate(readFileSync(path, 'utf8')))
  rmSync(inAgent)
  writeFileSync(`${inAgent}.pub`, `ssh-ed25519 ${blobs[1]} test\n`)
  const identityFiles = [inClear, encrypted, inAgent, join(home, 'none')]
  const found = async (settings: object, env = {}) => {
    const keys = await findIdentities(aHost({ identityFiles, ...settings }), { HOME: home, ...env })
    return { usable: keys.usable.map(({ blob }) => blobs.indexOf(blob)), skipped: keys.skipped }
  }
  const skipped = [`${encrypted} (encrypted)`, `${join(home, 'none')} (missing)`]
  const identityAgent = agent.socket
  expect(await found({ identityAgent })).toEqual({ usable: [0, 1, 2], skipped })
  expect(await found({ identityAgent, identitiesOnly: true })).toEqual({ usable: [0, 1], skipped })
  const SSH_AUTH_SOCK = agent.socket
  expect((await found({ identityAgent: 'none' }, { SSH_AUTH_SOCK })).usable).toEqual([0])
  expect(await found({ identityFiles: [] }, { SSH_AUTH_SOCK })).toEqual({ usable: [2, 1], skipped: [] })
  expect(await found({ identityFiles: [], identitiesOnly: true }, { SSH_AUTH_SOCK })).toEqual({
    usable: [],
    skipped: [],
  })
})

test('an identity file that is missing, or no key, is named', async () => {
  const none = join(home, 'none')
  await expect(labels({}, none)).rejects.toMatchObject({ code: 'auth', message: expect.stringContaining('is missing') })
  writeFileSync(none, 'hello')
  await expect(labels({}, none)).rejects.toMatchObject({ message: expect.stringContaining('not a private key') })
  const closed = put('closed')
  chmodSync(closed, 0)
  if (process.getuid?.() !== 0) await expect(labels({}, closed)).rejects.toThrow('unreadable')
})

test('a key file is read once, however many hosts log in with it', async () => {
  const files = [put('id_a'), put('id_b'), join(home, 'none')]
  for (const hosts of [50, 500]) {
    const reads: string[] = []
    const read = keyReader((path) => {
      reads.push(path)
      return readKey(path)
    })
    const logins = Array.from({ length: hosts }, () =>
      findIdentities(aHost({ identityFiles: files }), { HOME: home }, undefined, read),
    )
    for (const { usable } of await Promise.all(logins)) expect(usable).toHaveLength(2)
    expect(reads).toEqual(files)
  }
})
