import { createHash } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { artifactProblems, MAX_BYTES, missingArtifacts, readArtifact } from '../../src/artifacts/artifact-files.ts'
import { scratch } from '../resources/converge.ts'

const sum = (text: string) => createHash('sha256').update(text).digest('hex')
const origin = { file: 'group_vars/app.yml', line: 3, col: 9 }

describe('artifacts on the controller', () => {
  test('are there, a file, and not too large, or are told with their origin', async () => {
    const root = scratch()
    writeFileSync(join(root, 'good'), 'x')
    writeFileSync(join(root, 'large'), '')
    truncateSync(join(root, 'large'), MAX_BYTES + 1)
    const declared = ['good', 'large', 'gone', '.'].map((path) => ({ artifact: { path, sha256: sum('x') }, origin }))
    const problems = await missingArtifacts(root, [...declared, ...declared])
    expect(problems.map(({ message }) => message)).toEqual([
      'artifact large has 65 MiB, more than the 64 MiB that go over SSH',
      expect.stringContaining("artifact gone can't be read"),
      'artifact . is not a file',
    ])
    expect(problems.map((one) => one.origin)).toEqual([origin, origin, origin])
  })

  test('are what their sum says, or are not sent', async () => {
    const root = scratch()
    writeFileSync(join(root, 'a'), 'content')
    const good = { path: 'a', sha256: sum('content') }
    const bad = { path: 'a', sha256: sum('other') }
    expect(await artifactProblems(root, [good])).toEqual([])
    expect(await artifactProblems(root, [bad, bad])).toHaveLength(1)
    expect(Buffer.from(await readArtifact(root, good)).toString()).toBe('content')
    await expect(readArtifact(root, bad)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(sum('content')),
    })
  })
})
