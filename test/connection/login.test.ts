import ssh2, { type AnyAuthMethod } from 'ssh2'
import { expect, test } from 'vitest'
import { failure } from '../../src/connection/failure.ts'
import type { Identity } from '../../src/connection/identities.ts'
import { keyLabel } from '../../src/connection/key-label.ts'
import { logIn } from '../../src/connection/login.ts'
import { loginMemory } from '../../src/connection/login-memory.ts'
import { loginPassword } from '../../src/connection/login-password.ts'
import { type Offers, offering, type Refusal } from '../../src/connection/offers.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { secret } from '../../src/masking/secret.ts'
import { aHost } from './host-fixture.ts'

const identities: readonly Identity[] = Array.from({ length: 10 }, (_, i) => {
  const key = ssh2.utils.parseKey(makeKeyPair(`key ${i}`).private)
  if (key instanceof Error) throw key
  const blob = key.getPublicSSH().toString('base64')
  return { blob, label: keyLabel(blob, [`key ${i}`]), method: { type: 'publickey', username: 'deploy', key } }
})

interface Server {
  readonly accepts: readonly string[]
  /** Number of the key that is good. */
  readonly key?: number
  readonly password?: string
  readonly maxTries?: number
  /** Of further connections. */
  readonly dropsAfter?: number
}

const isMethod = (value: unknown): value is AnyAuthMethod =>
  typeof value === 'object' && value !== null && 'type' in value

/** What is offered next. ssh2 takes what a handler returns, though its types know only of what it passes on. */
function asked(handler: Offers['handler'], methods: readonly string[] | null): AnyAuthMethod | false {
  const offer: unknown = Reflect.apply(handler, undefined, [methods, false, () => undefined])
  if (offer === false || isMethod(offer)) return offer
  throw new Error('nothing was offered, not even that there is nothing left')
}

/** A server as sshd is: it says what it accepts, counts failures, and cuts at the last. */
const serverOf = ({ accepts, key, password, maxTries = 6, dropsAfter = 9 }: Server) => {
  const connections: string[][] = []
  const open = async (offers: Offers): Promise<{ readonly in: true } | Refusal> => {
    const seen: string[] = []
    connections.push(seen)
    if (connections.length > dropsAfter) throw failure(aHost(), 'unreachable', 'closed before the login was done')
    let methods: readonly string[] | null = null
    for (let failures = 0; ; ) {
      const offer = asked(offers.handler, methods)
      if (offer === false) return 'refused'
      seen.push(offer.type)
      methods = accepts
      if (offer.type === 'none') continue
      if (offer.type === 'publickey' && offer.key === identityKey(key)) return { in: true }
      if (offer.type === 'password' && offer.password === password) return { in: true }
      if (offer.type === 'keyboard-interactive') {
        const answers = await new Promise<readonly string[]>((answer) =>
          offer.prompt('', '', '', [{ prompt: 'Password: ', echo: false }], answer),
        )
        if (answers[0] === password) return { in: true }
      }
      failures += 1
      if (failures >= maxTries) return 'too many'
    }
  }
  return { open, connections }
}
const identityKey = (number: number | undefined) => {
  const method = number === undefined ? undefined : identities[number]?.method
  return method?.type === 'publickey' ? method.key : undefined
}

const attempt = (
  server: ReturnType<typeof serverOf>,
  {
    usable = identities,
    memory = loginMemory(),
    password = undefined as ReturnType<typeof loginPassword> | undefined,
    name = 'web1',
  } = {},
) =>
  logIn({
    host: { ...aHost(), name },
    offering: offering('deploy', memory.ordered({ ...aHost(), name }, { usable, skipped: [] })),
    memory,
    password,
    open: server.open,
  })
const failureOf = (login: Promise<unknown>) =>
  login.then(
    () => undefined,
    (error: unknown) => error,
  )

test('ten keys and MaxAuthTries 4: the rest is offered on further connections, the right one first from then on', async () => {
  const server = serverOf({ accepts: ['publickey'], key: 9, maxTries: 4 })
  const memory = loginMemory()
  await attempt(server, { memory })
  expect(server.connections.map((one) => one.length)).toEqual([5, 4, 2])
  const next = serverOf({ accepts: ['publickey'], key: 9, maxTries: 4 })
  await attempt(next, { memory, name: 'web2' })
  expect(next.connections).toEqual([['none', 'publickey']])
})

test('more keys than three connections carry: says so, which they were, and what to do', async () => {
  const server = serverOf({ accepts: ['publickey'], maxTries: 2 })
  expect(await failureOf(attempt(server))).toMatchObject({
    code: 'auth',
    message:
      'deploy@192.0.2.7:22 takes no more keys (MaxAuthTries) after 6 keys, with 4 left to offer; the server accepts publickey',
    hint: expect.stringContaining('identity_file'),
    log: [
      ...identities.slice(0, 6).map(({ label }) => `offered: ${label}`),
      ...identities.slice(6).map(({ label }) => `not offered: ${label}`),
    ],
  })
  expect(server.connections).toHaveLength(3)
})

test('a further connection that is cut does not hide what the first one showed', async () => {
  const server = serverOf({ accepts: ['publickey'], maxTries: 4, dropsAfter: 1 })
  expect(await failureOf(attempt(server))).toMatchObject({
    code: 'auth',
    message: expect.stringContaining('hung up after 4 keys, with 6 left to offer'),
    log: expect.arrayContaining(['a further connection: closed before the login was done']),
  })
})

test('a refused login says what was offered and what the server accepts', async () => {
  const server = serverOf({ accepts: ['publickey', 'password'] })
  expect(await failureOf(attempt(server, { usable: identities.slice(0, 1) }))).toMatchObject({
    message:
      'deploy@192.0.2.7:22 refuses the login: it does not take the key offered; the server accepts publickey, password',
    hint: expect.stringContaining('--ask-password'),
    log: [expect.stringMatching(/^offered: ED25519 SHA256:[A-Za-z0-9+/]{43} \(key 0\)$/)],
  })
  expect(await failureOf(attempt(server, { usable: [] }))).toMatchObject({
    message: expect.stringContaining('there was no key to offer; the server accepts publickey, password'),
  })
})

test('no key is offered to a server that takes none', async () => {
  const server = serverOf({ accepts: ['gssapi-with-mic'] })
  expect(await failureOf(attempt(server))).toMatchObject({ hint: expect.stringContaining('transport: openssh') })
  expect(server.connections).toEqual([['none']])
})

test.each([
  [['publickey', 'password', 'keyboard-interactive'], 'password'],
  [['publickey', 'keyboard-interactive'], 'keyboard-interactive'],
])('a server that accepts %j is given the password by %s, after the keys, once', async (accepts, method) => {
  const password = loginPassword(secret('right'))
  const server = serverOf({ accepts, password: 'right' })
  await attempt(server, { password, usable: identities.slice(0, 2) })
  expect(server.connections).toEqual([['none', 'publickey', 'publickey'], [method]])

  const wrong = serverOf({ accepts, password: 'other' })
  expect(await failureOf(attempt(wrong, { password: loginPassword(secret('right')), usable: [] }))).toMatchObject({
    message: expect.stringContaining('refuses the login: the password; the server accepts'),
    hint: expect.stringContaining('tried once'),
    log: ['offered: the password'],
  })
  expect(wrong.connections).toEqual([['none'], [method]])
})

test('a host that the password opened is given it first from then on, and keys where it is no longer taken', async () => {
  const password = loginPassword(secret('right'))
  const memory = loginMemory()
  await attempt(serverOf({ accepts: ['publickey', 'password'], password: 'right' }), { memory, password })
  const again = serverOf({ accepts: ['publickey', 'password'], password: 'right' })
  await attempt(again, { memory, password })
  expect(again.connections).toEqual([['none', 'password']])
  const shut = serverOf({ accepts: ['publickey'], key: 1 })
  await attempt(shut, { memory, password })
  expect(shut.connections).toEqual([['none', 'publickey', 'publickey']])
})

test('a wrong password is shown to one host of many, however many log in at once', async () => {
  const password = loginPassword(secret('wrong'))
  const servers = Array.from({ length: 20 }, () => serverOf({ accepts: ['password'], password: 'right' }))
  const failures = await Promise.all(
    servers.map((server, i) => failureOf(attempt(server, { password, usable: [], name: `web${i}` }))),
  )
  expect(servers.flatMap(({ connections }) => connections.flat().filter((one) => one === 'password'))).toHaveLength(1)
  expect(failures[0]).toMatchObject({ message: expect.stringContaining('refuses the login: the password') })
  expect(failures[7]).toMatchObject({
    message: expect.stringContaining('the password was not tried, since web0 refused it'),
  })
})

test('a password that works is tried by all at once, until a host refuses it', async () => {
  const password = loginPassword(secret('right'))
  const good = () => serverOf({ accepts: ['password'], password: 'right' })
  await attempt(good(), { password, usable: [] })
  await Promise.all([1, 2, 3].map((i) => attempt(good(), { password, usable: [], name: `web${i}` })))
  const odd = serverOf({ accepts: ['password'], password: 'other' })
  expect(await failureOf(attempt(odd, { password, usable: [], name: 'odd' }))).toMatchObject({ code: 'auth' })
  const after = good()
  expect(await failureOf(attempt(after, { password, usable: [], name: 'after' }))).toMatchObject({ code: 'auth' })
  expect(after.connections.flat()).toEqual(['none'])
})

test('a question that is no password’s is not answered with it', async () => {
  const offers = offering('deploy', { usable: [], skipped: [] })
  const { handler } = offers.password('secret words')
  expect(asked(handler, null)).toMatchObject({ type: 'none' })
  const question = asked(handler, ['keyboard-interactive'])
  if (question === false || question.type !== 'keyboard-interactive') throw new Error('no question may be asked')
  const { prompt } = question
  const answers: string[][] = []
  const answer = (all: string[]) => answers.push(all)
  prompt('', '', '', [{ prompt: 'Verification code: ', echo: true }], answer)
  prompt('', '', '', [{ prompt: 'Password: ', echo: false }], answer)
  prompt('', '', '', [{ prompt: 'New password: ', echo: false }], answer)
  expect(answers).toEqual([[], ['secret words'], []])
  expect(offers.offered().question).toBe('New password:')
})
