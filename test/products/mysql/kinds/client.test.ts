import { describe, expect, test } from 'vitest'
import { secret } from '../../../../src/masking/secret.ts'
import { parseSql, probeSql, runSql } from '../../../../src/products/mysql/kinds/client.ts'
import { raw, sql } from '../../../../src/products/mysql/kinds/sql.ts'
import { joinScripts, rawScript } from '../../../../src/shell/script.ts'
import { base64 } from '../../../resources/fixture.ts'
import { dash } from '../../../shell/dash.ts'
import { answer, row } from './answer.ts'

/** Runs a script where the client is a function that reads what it is sent and fails with a message. */
const failing = (message: string, script = runSql([sql`ALTER USER x BY ${secret("it's")}`])) =>
  dash(
    joinScripts([
      rawScript(`mysql() { cat >/dev/null; cat >&2 <<'END'\n${message}\nEND\nreturn 1; }`),
      rawScript('set -eu'),
      script,
      rawScript('echo not reached'),
    ]),
  )

describe('statements', () => {
  test('that fail end the script, without the part of the statement that MySQL quotes', () => {
    const ran = failing(
      `ERROR 1064 (42000) at line 2: You have an error; check the manual to use near ''it''s' at line 1`,
    )
    expect(ran.status).toBe(1)
    expect(ran.stdout).toBe(
      'ERROR 1064 (42000) at line 2: You have an error; check the manual to use near a part that is not shown\n',
    )
  })
})

describe('a question', () => {
  const asked = (message: string) => failing(message, joinScripts([probeSql([raw('SELECT 1')]), rawScript('exit 0')]))

  test('to a server that does not run finds out just that', () => {
    const ran = asked("ERROR 2002 (HY000): Can't connect to local MySQL server through socket (2)")
    expect(parseSql(ran.stdout)).toBe('down')
  })

  test('that is refused says why, and what to do where the administrator needs a password', () => {
    const ran = asked("ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)")
    expect(() => parseSql(ran.stdout)).toThrow("mysql: ERROR 1045 (28000): Access denied for user 'root'@'localhost'")
  })

  test('to MariaDB is answered by its name, not by what it does not know', () => {
    const said = answer(row('version', '11.8.3-MariaDB-1'), `@error ${base64('ERROR 1146 (42S02): no such table')}`)
    expect(() => parseSql(said)).toThrow('this is MariaDB (11.8.3-MariaDB-1), not MySQL')
  })
})

test('a row has any value: empty, none, tabs, newlines', () => {
  const said = parseSql(answer('noise', row('a', '', null, 'x\ty\n@a'), row('b', 'é')))
  if (said === 'down') throw new Error('down')
  expect(said.rows('a')).toEqual([['', undefined, 'x\ty\n@a']])
  expect(said.rows('b')).toEqual([['é']])
})
