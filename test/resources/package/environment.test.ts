import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packagingEnvironment } from '../../../src/resources/package/environment.ts'
import { dash } from '../../shell/dash.ts'
import { scratch } from '../converge.ts'

const seen = (dir: string) =>
  dash(`set -eu\n${packagingEnvironment.sh.replaceAll('/etc/apt', dir)}\nOTHER=1\nenv | grep -E '^(A|B|OTHER)=' || :`)

test('what files of roles say is in the environment of programs, and what is set after them is not', () => {
  const dir = scratch()
  writeFileSync(`${dir}/provision-a.env`, "A='one two'\n")
  writeFileSync(`${dir}/provision-b.env`, 'B=$A!\n')
  writeFileSync(`${dir}/other.env`, 'A=three\n')
  expect(seen(dir)).toMatchObject({ stdout: 'A=one two\nB=one two!\n', stderr: '', status: 0 })
})

test('where there is no file nothing is set', () => {
  expect(seen(scratch())).toMatchObject({ stdout: '', stderr: '', status: 0 })
})
