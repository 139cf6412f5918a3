import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { passwordsOf } from '../../src/cli/passwords.ts'
import { InputError } from '../../src/errors.ts'
import { reveal, type Secret } from '../../src/masking/secret.ts'

const passwords = async (flags: object, input: string, env: NodeJS.ProcessEnv = {}) => {
  const found = await passwordsOf(
    { askPassword: false, askBecomePassword: false, ...flags },
    env,
    Readable.from([input]),
  )
  const shown = (one: Secret | undefined) => one && reveal(one)
  expect(JSON.stringify(found)).not.toMatch(/ssh-word|sudo-word/)
  return [shown(found.loginPassword), shown(found.becomePassword)]
}

test('without a terminal, each password is a line of what is piped in, and nothing is read where none is wanted', async () => {
  expect(await passwords({}, 'ssh-word\n')).toEqual([undefined, undefined])
  expect(await passwords({ askPassword: true }, 'ssh-word\nmore\n')).toEqual(['ssh-word', undefined])
  expect(await passwords({ askBecomePassword: true }, 'sudo-word\n')).toEqual([undefined, 'sudo-word'])
  expect(await passwords({ askPassword: true, askBecomePassword: true }, 'ssh-word\nsudo-word\n')).toEqual([
    'ssh-word',
    'sudo-word',
  ])
})

test('an empty sudo password is the one of the login, where both are asked for', async () => {
  const both = { askPassword: true, askBecomePassword: true }
  expect(await passwords(both, 'ssh-word\n\n')).toEqual(['ssh-word', 'ssh-word'])
  expect(await passwords({ askPassword: true }, 'ssh-word\n')).toEqual(['ssh-word', undefined])
})

test('the password of the environment is sudo’s, and is taken out of it', async () => {
  const env = { PROVISION_BECOME_PASSWORD: 'sudo-word' }
  expect(await passwords({ askPassword: true }, 'ssh-word\n', env)).toEqual(['ssh-word', 'sudo-word'])
  expect(env).toEqual({})
})

test.each([
  [{ askPassword: true }, '', '--ask-password'],
  [{ askPassword: true }, '\n', '--ask-password'],
  [{ askPassword: true, askBecomePassword: true }, 'ssh-word\n', '--ask-become-password'],
])('%j with %j piped in is told', async (flags, input, option) => {
  const failed = passwords(flags, input)
  await expect(failed).rejects.toThrow(InputError)
  await expect(failed).rejects.toThrow(`${option}: no password came in`)
})
