import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownPublicKeys, publicKeysIn } from '../../src/scaffold/public-keys.ts'
import { projectFolder } from '../project-folder.ts'

test('the best of the own keys is taken', async () => {
  const home = projectFolder({
    '.ssh/id_rsa.pub': 'ssh-rsa AAAAB3 old\n',
    '.ssh/id_ed25519.pub': 'ssh-ed25519 AAAAC3 new\n\n',
    '.ssh/id_ed25519': 'secret',
  })
  expect(await ownPublicKeys(home)).toEqual(['ssh-ed25519 AAAAC3 new'])
  expect(await ownPublicKeys(projectFolder({}))).toEqual([])
})

test('a private key, an empty file and none are told apart', async () => {
  const dir = projectFolder({ id: '-----BEGIN OPENSSH PRIVATE KEY-----\n', none: 'hello\n' })
  await expect(publicKeysIn(join(dir, 'id'))).rejects.toThrow(/is a private key/)
  await expect(publicKeysIn(join(dir, 'none'))).rejects.toThrow(/no public key in/)
  await expect(publicKeysIn(join(dir, 'away'))).rejects.toThrow(/there is no file/)
})
