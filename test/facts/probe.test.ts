import { describe, expect, test } from 'vitest'
import { parseFacts } from '../../src/facts/parse.ts'
import { factsProbe } from '../../src/facts/probe.ts'
import { parseFrame, probeScript } from '../../src/shell/frame.ts'
import { start } from '../shell/start.ts'

describe('the facts of this machine', () => {
  test('are probed by sh, in a frame, and parsed', () => {
    const script = probeScript('n0nce', [{ id: 'facts', script: factsProbe, timeout: 20 }])
    const { stdout } = start('sh', [], { input: script.sh })
    const answer = parseFrame('n0nce', stdout).get('facts')
    expect(answer?.status).toBe(0)
    const facts = parseFacts(answer?.body ?? '')
    expect(facts.os.id).toMatch(/^[a-z]+$/)
    expect(facts.arch).toMatch(/^[a-z0-9_]+$/)
    expect(facts.cpus).toBeGreaterThan(0)
    expect(facts.memoryMiB % 64).toBe(0)
    expect(facts.openFiles).toBeGreaterThan(255)
  })
})
