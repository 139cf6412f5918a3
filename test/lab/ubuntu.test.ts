import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureUbuntuKeyring, mirrorFailure } from '../../src/lab/ubuntu.ts'
import { projectFolder } from '../project-folder.ts'

const silent = () => undefined

test("Ubuntu's keys: they are there, or the first package that has them is installed", async () => {
  const keyring = join(projectFolder({}), 'keys.gpg')
  const tried: string[] = []
  const install = async (_: unknown, name = ''): Promise<void> => {
    tried.push(name)
    if (name === 'ubuntu-archive-keyring') throw new Error('apt-get failed:\nE: no installation candidate')
    writeFileSync(keyring, '')
  }
  await ensureUbuntuKeyring('noble', silent, { keyring, install })
  await ensureUbuntuKeyring('noble', silent, { keyring, install })
  expect(tried).toEqual(['ubuntu-archive-keyring', 'ubuntu-keyring'])
})

test('where nothing has them, one sentence says what is missing and what to do', async () => {
  const keyring = join(projectFolder({}), 'keys.gpg')
  const install = async (): Promise<void> => {
    throw new Error('apt-get failed:\nE: no installation candidate\n')
  }
  await expect(ensureUbuntuKeyring('noble', silent, { keyring, install })).rejects.toThrow(
    `There are no hosts of noble: no registry gives the image ubuntu:noble, and it can't be made here, for no package here has Ubuntu's keys, ${keyring} (E: no installation candidate). Where another machine has it: docker save ubuntu:noble, and docker load here.`,
  )
})

test.each([
  "Err:1 http://archive.ubuntu.com/ubuntu noble InRelease\n  Could not resolve 'archive.ubuntu.com'\n",
  '  Could not connect to archive.ubuntu.com:80 (192.0.2.1), connection timed out\nE: apt-get update failed',
  "E: The repository 'http://archive.ubuntu.com/ubuntu noble Release' does not have a Release file.\n",
  '  403  Forbidden [IP: 192.0.2.1 80]\n',
])('a mirror that can not be used is told so: %j', (said) => {
  expect(mirrorFailure('noble', said)).toMatch(
    /^There are no hosts of noble: .*Ubuntu's mirror http:.*can't be used \(\S[^\n]*\)\./,
  )
})

test('what is another failure is told as it is', () => {
  expect(mirrorFailure('noble', 'dpkg: error processing package base-files\n')).toBeUndefined()
})
