import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mysqlReplicates, mysqlServer } from '../../../src/products/mysql/steps.ts'
import type { Script } from '../../../src/shell/script.ts'
import { projectFolder } from '../../project-folder.ts'

/** What a server answers to the questions of a step, in their order; the questions themselves are MySQL's to judge. */
function ask(script: Script | undefined, answers: readonly string[]): { status: number; said: string } {
  const dir = projectFolder({ answers: `${answers.join('\n')}\n`, asked: '' })
  const client = join(dir, 'mysql')
  writeFileSync(
    client,
    [
      '#!/bin/sh',
      'cat >/dev/null; echo >>asked',
      'n=$(wc -l <asked); said=$(sed -n "${n}p" answers)',
      'if [ "$said" = down ]; then echo "ERROR 2002 (HY000): no socket" >&2; exit 1; fi',
      'printf "%s\\n" "$said"',
    ].join('\n'),
  )
  chmodSync(client, 0o755)
  const text = `exec 2>&1; set -eu\n${script?.sh ?? ''}`
  try {
    const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` }
    return { status: 0, said: execFileSync('sh', { input: text, cwd: dir, env, encoding: 'utf8' }).trim() }
  } catch (error) {
    if (error instanceof Error && 'status' in error && 'stdout' in error) {
      return { status: Number(error.status), said: String(error.stdout).trim() }
    }
    throw error
  }
}

describe('what is asked of the others before a server is stopped', () => {
  const { preflight } = mysqlServer({ others: ['db2'], relief: 'r' })
  it.each<[string, readonly string[], number, string]>([
    ['a server that is not set up yet is in nobody’s way', ['yes'], 0, ''],
    ['one that has something is to be well', ['no', 'read-only'], 1, 'it is read-only and replicates from nobody'],
    ['one that is well may be left alone', ['no', 'writable'], 0, ''],
  ])('%s', (_, answers, status, said) => {
    expect(ask(preflight.until, answers)).toEqual({ status, said })
  })
  it('one that does not run is not well', () => {
    expect(ask(preflight.until, ['down', 'down']).status).not.toBe(0)
  })
})

describe('a MySQL server of a group', () => {
  const well = mysqlReplicates().until
  it.each<[string, readonly string[], number, string]>([
    ['is well when it is writable', ['writable'], 0, ''],
    ['is not when it follows nobody', ['read-only'], 1, 'it is read-only and replicates from nobody'],
    ['is well when it replicates and has all', ['replica', 'ON/ON', '', '', '0'], 0, ''],
    [
      'is not while it connects, and says why',
      ['replica', 'CONNECTING/ON', 'Access denied'],
      1,
      'replication does not run (receiver/applier CONNECTING/ON): Access denied',
    ],
    ['is not after an error', ['replica', 'ON/ON', 'Duplicate entry'], 1, 'Duplicate entry'],
    [
      'is not while it receives what it missed',
      ['replica', 'ON/ON', '', 'yes'],
      1,
      'it still gets what its source had while it was away',
    ],
    ['is not while it applies that', ['replica', 'ON/ON', '', '', '1'], 1, 'it has not yet applied what it received'],
    ['is not when it does not answer', ['down'], 1, 'ERROR 2002 (HY000): no socket'],
  ])('%s', (_, answers, status, said) => expect(ask(well, answers)).toEqual({ status, said }))

  it.each([
    ['', 0],
    ['Got fatal error 1236: A replica with the same server_uuid/server_id', 3],
    ['down', 0],
  ])('C68: is not well when it pushed another one out of replication: %j', (answered, status) => {
    const { peersGate } = mysqlServer({ others: ['db1', 'db3'], relief: 'x' })
    expect(peersGate).toMatchObject({ on: ['db1', 'db3'], timeout: 0, onTimeout: 'continueIfUnanswered' })
    expect(ask(peersGate.until, [answered])).toEqual({ status, said: status === 0 ? '' : answered })
  })

  it('is never taken out while it takes the writes: nobody waits for that', () => {
    const { drain, preflight } = mysqlServer({ others: ['db1', 'db3'], relief: 'switch over to another one' })
    expect(preflight.on).toEqual(['db1', 'db3'])
    expect(ask(drain.until, ['writable'])).toEqual({
      status: 3,
      said: 'it is the primary: switch over to another one',
    })
    expect(ask(drain.until, ['replica'])).toEqual({ status: 0, said: '' })
  })
})
