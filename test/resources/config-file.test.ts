import { expect, it } from 'vitest'
import type { FileEntry } from '../../src/observe/files.ts'
import { configChange } from '../../src/resources/config-file.ts'
import { sha256 } from '../../src/resources/content.ts'

const PATH = '/etc/sysctl.d/60-x.conf'
const entry = (more: Partial<FileEntry>): FileEntry => ({
  ...{ type: 'file', mode: '0644', owner: 'root', group: 'root', uid: 0, gid: 0, size: 1, sha256: sha256('x') },
  ...more,
})

it('C17: a configuration file that is a mount point or a directory is refused, one that is as it should be is not', () => {
  expect(() => configChange(PATH, entry({ mounted: true }), 'y')).toThrow(`${PATH} is a mount point`)
  expect(() => configChange(PATH, entry({ type: 'directory' }), 'y')).toThrow(`${PATH} is a directory`)
  expect(configChange(PATH, entry({ mounted: true }), 'x')).toBeUndefined()
})

it('C19: the ACL of a configuration file goes when it is replaced, and the plan says so', () => {
  expect(configChange(PATH, entry({ acl: true }), 'x')).toBeUndefined()
  expect(configChange(PATH, entry({ acl: true }), 'y')?.fields).toEqual([{ field: 'acl', from: 'present', to: 'none' }])
})
