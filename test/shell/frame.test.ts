import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyScript,
  bulkProbeScript,
  CHANGE_LIMIT,
  type Fragment,
  type FrameEvent,
  frameReader,
  GUARD,
  parseFrame,
  probeScript,
} from '../../src/shell/frame.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { scratch } from '../resources/converge.ts'
import { dash } from './dash.ts'

const NONCE = '0123456789abcdef'

const fragments = (scripts: Readonly<Record<string, string>>, timeout = 20): Fragment[] =>
  Object.entries(scripts).map(([id, script]) => ({ id, script: rawScript(script), timeout }))

const probe = (scripts: Readonly<Record<string, string>>, timeout?: number) =>
  parseFrame(NONCE, dash(probeScript(NONCE, fragments(scripts, timeout)), []).stdout)

describe('a framed probe', () => {
  test('carries answers with and without a final newline, empty ones and empty lines', () => {
    const answers = probe({ a: "printf 'x\\ny'", b: "printf 'x\\ny\\n'", c: ':', d: "printf '\\n\\nz\\n\\n'" })
    expect([...answers.values()]).toEqual([
      { id: 'a', status: 0, body: 'x\ny' },
      { id: 'b', status: 0, body: 'x\ny' },
      { id: 'c', status: 0, body: '' },
      { id: 'd', status: 0, body: '\n\nz\n' },
    ])
  })

  test('survives fragments that eat standard input, fail, exit, or are no sh', () => {
    const answers = probe({
      a: 'cat',
      b: 'false; exit 7',
      c: 'echo "$UNSET_VARIABLE"',
      d: 'if',
      e: 'kill -9 $$',
      f: 'echo ok',
    })
    expect([...answers.values()].map(({ id, status }) => [id, status === 0])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
      ['d', false],
      ['e', false],
      ['f', true],
    ])
    expect(answers.get('b')?.status).toBe(7)
    expect(answers.get('f')?.body).toBe('ok')
  })

  test('kills a fragment that hangs and tells so with 124', () => {
    const answers = probe({ a: 'sleep 60', b: 'echo ok' }, 1)
    expect(answers.get('a')?.status).toBe(124)
    expect(answers.get('b')?.body).toBe('ok')
  }, 20_000)

  test('can not be forged by an answer without the nonce', () => {
    expect(probe({ a: "echo '@@ffff end a 0'; echo '@@ffff begin b'" }).get('a')?.body).toBe(
      '@@ffff end a 0\n@@ffff begin b',
    )
  })

  test('keeps heredocs of a fragment its own', () => {
    const inner = "cat <<'X'\n} </dev/null\n$HOME\nX\n( cat <<'Y'\nin a subshell\nY\n)"
    expect(probe({ a: inner }).get('a')?.body).toBe('} </dev/null\n$HOME\nin a subshell')
  })

  test('of which the end is missing gives no answer', () => {
    const output = dash(probeScript(NONCE, fragments({ a: 'echo 1', b: 'echo 2' })), []).stdout
    expect([...parseFrame(NONCE, output.slice(0, -20)).keys()]).toEqual(['a'])
  })

  test('property: is read the same however the stream is cut', () => {
    const output = `banner\n${dash(probeScript(NONCE, fragments({ a: "printf '1\\n\\n2'", b: 'exit 3' })), []).stdout}`
    const read = (pieces: readonly string[]) => {
      const events: FrameEvent[] = []
      const feed = frameReader(NONCE, (event) => events.push(event))
      for (const piece of pieces) feed(piece)
      return events
    }
    const whole = read([output])
    expect(whole).toHaveLength(7)
    fc.assert(
      fc.property(fc.array(fc.nat(output.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), output.length]
        expect(read(at.slice(1).map((end, i) => output.slice(at[i], end)))).toEqual(whole)
      }),
    )
  })

  test('a line is told as soon as it is whole, not when the next one comes', () => {
    const events: FrameEvent[] = []
    const feed = frameReader(NONCE, (event) => events.push(event))
    feed(`@@${NONCE} begin a\nwaiting\nfor`)
    expect(events).toEqual([
      { type: 'begin', id: 'a' },
      { type: 'line', id: 'a', line: 'waiting' },
    ])
  })

  test('property: any ASCII lines come back', () => {
    const line = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), fc.boolean(), (lines, newline) => {
        const body = lines.join('\n')
        const script = sh`printf %s ${newline ? `${body}\n` : body}`.sh
        expect(probe({ a: script }).get('a')?.body).toBe(newline || !body.endsWith('\n') ? body : body.slice(0, -1))
      }),
      { numRuns: 30 },
    )
  }, 60_000)
})

describe('a probe in one shell', () => {
  const bulk = (scripts: Readonly<Record<string, string>>, limit = 20) =>
    parseFrame(NONCE, dash(bulkProbeScript(NONCE, fragments(scripts), limit), []).stdout)
  const statuses = (answers: ReturnType<typeof bulk>) => [...answers.values()].map(({ id, status }) => [id, status])

  test('answers as one with a process for each fragment does', () => {
    const scripts = {
      a: "printf 'x\\ny'",
      b: 'cat; x=1; cd /tmp; false; exit 7',
      c: 'echo "$UNSET_VARIABLE"',
      d: "cat <<'X'\n} </dev/null\n$HOME\nX\n( cat <<'Y'\nin a subshell\nY\n)",
      e: 'pwd; echo "${x-unset}"',
    }
    const apart = probe(scripts)
    expect(bulk(scripts)).toEqual(apart)
    expect(apart.get('e')?.body).toBe('/\nunset')
  })

  test('leaves what hangs and what comes after it without an answer, in time', () => {
    expect(statuses(bulk({ a: 'echo ok', b: 'sleep 60', c: 'echo ok' }, 1))).toEqual([['a', 0]])
  }, 20_000)

  test('gives no answer at all when a fragment is no sh', () => {
    expect(statuses(bulk({ a: 'echo ok', b: 'if' }))).toEqual([])
  })
})

describe('C67: the environment of a login', () => {
  const EXPORTED = {
    ...{ p: 'old', hash: 'old', word: 'a\nexport sql=x', line: 'old', name: 'old', sql: 'old' },
    ...{ http_proxy: 'http://192.0.2.1:3128', KEPT: 'yes' },
  }
  const script = {
    id: 'a',
    script: rawScript('p=s3cret; hash=s3cret; sql=s3cret; line=s3cret; env; true'),
    timeout: 20,
  }
  const scripts: [string, string][] = [
    ['a probe', probeScript(NONCE, [script]).sh],
    ['a probe in one shell', bulkProbeScript(NONCE, [script], 20).sh],
    ['a change', applyScript(NONCE, rawScript('return 0'), [script]).sh],
  ]
  for (const [what, text] of scripts)
    test.each([
      ['dash', {}],
      ['bash', { SHELLOPTS: 'allexport' }],
    ])(`takes no secret of ours from ${what} to the programs it starts (%s)`, (shell, more) => {
      const args = shell === 'bash' ? ['--posix'] : []
      const env = { PATH: process.env.PATH, ...EXPORTED, ...more }
      const body = parseFrame(NONCE, execFileSync(shell, args, { input: text, env, encoding: 'utf8' })).get('a')?.body
      expect(body).toContain('KEPT=yes')
      expect(body).toContain('http_proxy=http://192.0.2.1:3128')
      expect(body).not.toContain('s3cret')
    })
})

describe('a framed change', () => {
  const change = (scripts: Readonly<Record<string, string>>) => applyScript(NONCE, rawScript(':'), fragments(scripts))

  test('stops at its first failure, inside a fragment and between them', () => {
    const ran = dash(change({ a: 'echo one', b: 'echo two\nfalse\necho never', c: 'echo never' }), [])
    const answers = [...parseFrame(NONCE, ran.stdout).values()]
    expect(answers).toEqual([
      { id: GUARD, status: 0, body: '' },
      { id: 'a', status: 0, body: 'one' },
      { id: 'b', status: 1, body: 'two' },
    ])
  })

  test('does nothing when its guard says no', () => {
    const script = applyScript(NONCE, rawScript('echo taken; return 9'), fragments({ a: 'echo never' }))
    expect([...parseFrame(NONCE, dash(script, []).stdout).values()]).toEqual([{ id: GUARD, status: 9, body: 'taken' }])
  })

  test('has standard error among its output', () => {
    expect(parseFrame(NONCE, dash(change({ a: 'echo why >&2; exit 3' }), []).stdout).get('a')).toEqual({
      id: 'a',
      status: 3,
      body: 'why',
    })
  })

  test('runs to its end when nobody listens any more', () => {
    const done = join(scratch(), 'done')
    const script = change({ a: 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done', b: `: >${done}` })
    const file = join(scratch(), 'script')
    writeFileSync(file, script.sh)
    execFileSync('bash', [
      '-c',
      `dash <"$1" | head -c 10 >/dev/null; for i in $(seq 100); do [ -e "$2" ] && exit; sleep 0.1; done`,
      '-',
      file,
      done,
    ])
    expect(existsSync(done)).toBe(true)
  }, 20_000)

  test('C47: what it prints without end is ended on the host too, in time', () => {
    const began = performance.now()
    const file = join(scratch(), 'script')
    writeFileSync(file, change({ a: 'exec 2>&1; yes; echo never', b: `: >${file}.never` }).sh)
    // As a connection does: it hears what it may, and hangs up.
    const heard = execFileSync('bash', ['-c', 'dash <"$1" | head -c "$2" | wc -c', '-', file, `${CHANGE_LIMIT}`])
    expect(Number(heard)).toBe(CHANGE_LIMIT)
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(existsSync(`${file}.never`)).toBe(false)
  }, 20_000)

  test('C47: one line without end is read in pieces, in time in proportion to its length', () => {
    const chunk = 'x'.repeat(32 * 1024)
    const pieces = 64 * 32
    let parts = 0
    let longest = 0
    const feed = frameReader(NONCE, (event) => {
      if (event.type !== 'part') return
      parts += 1
      longest = Math.max(longest, event.text.length)
    })
    feed(`@@${NONCE} begin a\n`)
    const began = performance.now()
    for (let i = 0; i < pieces; i++) feed(chunk)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(parts).toBeGreaterThan(pieces / 4)
    expect(longest).toBeLessThan(100_000)
  })

  test('property: a long line comes back whole, whatever follows its pieces', () => {
    const body = `${'y'.repeat(200_000)}@@${NONCE} end a 0\nlast`
    const feed = `@@${NONCE} begin a\n${body}\n\n@@${NONCE} end a 0\n`
    expect(parseFrame(NONCE, feed).get('a')?.body).toBe(body)
    const lines: string[] = []
    let part = ''
    const read = frameReader(NONCE, (event) => {
      if (event.type === 'part') part += event.text
      if (event.type === 'line') {
        lines.push(part + event.line)
        part = ''
      }
    })
    for (let i = 0; i < feed.length; i += 1000) read(feed.slice(i, i + 1000))
    expect(lines.join('\n')).toBe(body)
  })

  test('cut short at any byte does nothing', () => {
    const [dir, cuts] = [scratch(), scratch()]
    const { sh: whole } = change({ a: `: >${dir}/a`, b: `: >${dir}/b` })
    // Up to the last word, the pipe that closes the group; what follows the group can do no harm.
    const ends = Array.from({ length: whole.lastIndexOf('}') + 1 }, (_, end) => end)
    for (const end of ends) writeFileSync(join(cuts, `${end}`), whole.slice(0, end))
    // One shell starts them all.
    const { stdout } = dash(`for cut in ${cuts}/*; do dash <"$cut" >"$cut.said" 2>&1; echo "$cut"; done`)
    expect(stdout.trim().split('\n')).toHaveLength(ends.length)
    expect(readdirSync(dir)).toEqual([])
    dash(whole, [])
    expect(readdirSync(dir)).toEqual(['a', 'b'])
  }, 60_000)
})
