import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findIdentities, login } from '../../src/connection/identities.ts'
import { makeKeyPair } from '../lab/keys.ts'
import { aHost } from './host-fixture.ts'

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
  writeFileSync(path, pair.private)
  return path
}
const labels = async (env: NodeJS.ProcessEnv, identityFile?: string) => {
  const found = await findIdentities(aHost({ identityFile }), { HOME: home, ...env })
  return { usable: found.usable.map(({ label }) => label), skipped: found.skipped }
}

test('the agent comes first, then the usual keys; an encrypted one is skipped by name', async () => {
  const rsa = put('id_rsa')
  const encrypted = put('id_ed25519', 'secret words')
  expect(await labels({ SSH_AUTH_SOCK: '/run/agent' })).toEqual({
    usable: ['the agent', rsa],
    skipped: [`${encrypted} (encrypted)`],
  })
  expect((await labels({})).usable).toEqual([rsa])
})

test('an identity file is the only one', async () => {
  put('id_rsa')
  const mine = put('mine')
  expect((await labels({ SSH_AUTH_SOCK: '/run/agent' }, mine)).usable).toEqual([mine])
})

test('an encrypted identity file leaves it to the agent, and says so where there is none', async () => {
  const mine = put('mine', 'secret words')
  expect((await labels({ SSH_AUTH_SOCK: '/run/agent' }, mine)).usable).toEqual(['the agent'])
  await expect(labels({}, mine)).rejects.toMatchObject({
    code: 'auth',
    message: `the identity file ${mine} is encrypted`,
    hint: expect.stringContaining('ssh-agent'),
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

test('tells what was tried and what the server takes', async () => {
  const path = put('id_rsa')
  const attempt = login(await findIdentities(aHost(), { HOME: home }))
  expect(attempt.begun()).toBe(false)
  attempt.handler([], false, () => {})
  attempt.handler(['publickey', 'password'], false, () => {})
  expect(attempt.begun()).toBe(true)
  expect(attempt.story()).toBe(`tried ${path}; the server takes publickey, password`)
})
