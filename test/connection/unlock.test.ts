import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findIdentities } from '../../src/connection/identities.ts'
import { type AskPassphrase, unlockKeys } from '../../src/connection/unlock.ts'
import type { ConnectionSettings } from '../../src/inventory/inventory.ts'
import { secret } from '../../src/masking/secret.ts'
import { startAgent } from './agent.ts'
import { aHost } from './host-fixture.ts'

const PASSPHRASE = 'open sesame'
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'unlock-'))
  mkdirSync(join(home, '.ssh'))
})
afterEach(() => rmSync(home, { recursive: true }))

const put = (name: string, passphrase = PASSPHRASE, type = 'ed25519') => {
  const path = join(home, '.ssh', name)
  // The smallest that sshd takes: what makes an RSA key larger takes seconds.
  const size = type === 'rsa' ? ['-b', '2048'] : []
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-t', type, ...size, '-f', path, '-N', passphrase, '-C', 'me@here'])
  return path
}
const hosts = (count: number, settings: Partial<ConnectionSettings>) =>
  Array.from({ length: count }, (_, i) => ({ ...aHost(settings), name: `web${i}` }))
const asker = (...answers: (string | undefined)[]) => {
  const asked: [string, boolean][] = []
  const ask: AskPassphrase = async (path, again) => {
    asked.push([path, again])
    const answer = answers.shift()
    return answer === undefined ? undefined : secret(answer)
  }
  return { ask, asked }
}
const env = (more: NodeJS.ProcessEnv = {}) => ({ HOME: home, ...more })

test.each(['ed25519', 'rsa', 'ecdsa'])(
  'an encrypted %s key of many hosts is asked for once, and used',
  async (type) => {
    const mine = put('mine', PASSPHRASE, type)
    const { ask, asked } = asker(PASSPHRASE)
    const keys = await unlockKeys(hosts(30, { identityFile: mine }), env(), { ask, hasPassword: false })
    expect(asked).toEqual([[mine, false]])
    const { usable } = await findIdentities(aHost({ identityFile: mine }), env(), keys)
    expect(usable.map(({ blob }) => blob)).toEqual([readFileSync(`${mine}.pub`, 'utf8').split(' ')[1]])
    expect(JSON.stringify([...keys])).not.toContain(PASSPHRASE)
  },
)

test('a wrong passphrase is asked for again, three times at most', async () => {
  const mine = put('mine')
  const second = asker('open', PASSPHRASE)
  const means = (ask: AskPassphrase) => ({ ask, hasPassword: false })
  expect((await unlockKeys(hosts(1, { identityFile: mine }), env(), means(second.ask))).has(mine)).toBe(true)
  expect(second.asked.map(([, again]) => again)).toEqual([false, true])
  await expect(
    unlockKeys(hosts(1, { identityFile: mine }), env(), means(asker('a', 'b', 'c').ask)),
  ).rejects.toMatchObject({ problems: [{ message: `${mine}: the passphrase was wrong 3 times` }] })
})

test('nothing is asked for a key that an agent holds, for one in the clear, or where there is nobody to ask', async () => {
  const mine = put('mine')
  const open = put('open', '')
  const clear = put('clear', '')
  writeFileSync(join(home, 'same'), readFileSync(clear), { mode: 0o600 })
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-p', '-f', clear, '-N', PASSPHRASE])
  const agent = await startAgent(home, [join(home, 'same')])
  const { ask, asked } = asker()
  const SSH_AUTH_SOCK = agent.socket
  for (const identityFile of [clear, open]) {
    await unlockKeys(hosts(2, { identityFile }), env({ SSH_AUTH_SOCK }), { ask, hasPassword: false })
  }
  await unlockKeys(hosts(2, { identityFile: mine, transport: 'local' }), env(), { ask, hasPassword: false })
  expect(asked).toEqual([])
  expect(await unlockKeys(hosts(2, { identityFile: mine }), env(), { ask: undefined, hasPassword: false })).toEqual(
    new Map(),
  )
  const { usable } = await findIdentities(aHost({ identityFile: clear }), env({ SSH_AUTH_SOCK }))
  expect(usable.map(({ label }) => label)).toEqual([expect.stringContaining('ssh-agent')])
})

test('a usual key is asked for where there is no other way in, and no second one then', async () => {
  const ed25519 = put('id_ed25519')
  const rsa = put('id_rsa', PASSPHRASE, 'rsa')
  const unlocked = async (means: { answers: (string | undefined)[]; hasPassword?: boolean }, more = {}) => {
    const { ask, asked } = asker(...means.answers)
    const keys = await unlockKeys(hosts(3, {}), env(more), { ask, hasPassword: means.hasPassword ?? false })
    return { asked: asked.map(([path]) => path), keys: [...keys.keys()] }
  }
  expect(await unlocked({ answers: [PASSPHRASE] })).toEqual({ asked: [ed25519], keys: [ed25519] })
  expect(await unlocked({ answers: [undefined, PASSPHRASE] })).toEqual({ asked: [ed25519, rsa], keys: [rsa] })
  expect(await unlocked({ answers: [], hasPassword: true })).toEqual({ asked: [], keys: [] })
  put('id_ecdsa', '', 'ecdsa')
  expect(await unlocked({ answers: [] })).toEqual({ asked: [], keys: [] })
})

test('one of the keys that ssh_config names is asked for where none can be used as it is, of jump hosts too', async () => {
  const [one, two] = [put('one'), put('two')]
  const identityFiles = [one, two]
  const unlocked = async (list: Parameters<typeof unlockKeys>[0]) => {
    const { ask, asked } = asker(PASSPHRASE, PASSPHRASE)
    await unlockKeys(list, env(), { ask, hasPassword: false })
    return asked.map(([path]) => path)
  }
  expect(await unlocked(hosts(3, { identityFiles }))).toEqual([one])
  expect(await unlocked(hosts(3, { identityFiles, identityAgent: 'none', identitiesOnly: true }))).toEqual([one])
  expect(await unlocked(hosts(2, { identityFiles: [], jumps: hosts(1, { identityFile: two }) }))).toEqual([two])
  expect(await unlocked(hosts(3, { identityFiles: [two, put('clear', '')] }))).toEqual([])
})
