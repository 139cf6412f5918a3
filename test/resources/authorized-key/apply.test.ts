import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KEEP } from '../../../src/resources/authorized-key/apply.ts'
import { sh } from '../../../src/shell/script.ts'
import { dash } from '../../shell/dash.ts'
import { scratch } from '../converge.ts'

const blobOf = (fill: number): string => {
  const type = Buffer.from('ssh-ed25519')
  return Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.alloc(32, fill)]).toString('base64')
}

describe('the lines that stay', () => {
  const kept = (have: string, keys: readonly string[], exclusive = 0) => {
    const dir = scratch()
    writeFileSync(join(dir, 'have'), have)
    writeFileSync(join(dir, 'keys'), keys.map((one) => `${one}\n`).join(''))
    return dash(sh`awk -v exclusive=${exclusive} ${KEEP} ${join(dir, 'keys')} ${join(dir, 'have')}`).stdout
  }
  const [one, two] = [blobOf(1), blobOf(2)]

  it('C63: are those of no wanted key, whatever ends the line and whatever options it has', () => {
    const have = `# mine\r\nssh-ed25519 ${one}\r\n\r\nno-pty,command="a b" ssh-ed25519 ${one} ann\r\nssh-ed25519 ${two}\r\n`
    expect(kept(have, [one])).toBe(`# mine\r\n\r\nssh-ed25519 ${two}\r\n`)
    expect(kept(have, [one], 1)).toBe('# mine\r\n\r\n')
    expect(kept(have, [], 0)).toBe(have)
    expect(kept(have, [], 1)).toBe('# mine\r\n\r\n')
  })
})
