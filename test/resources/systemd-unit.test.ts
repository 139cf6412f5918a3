import { mkdirSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemdUnitKind } from '../../src/resources/systemd-unit.ts'
import { rawScript } from '../../src/shell/script.ts'
import { run, scratch } from './converge.ts'

/** What systemd 257 says of a unit, with the levels that it puts before its lines. */
function install(...said: readonly string[]) {
  const dir = scratch()
  mkdirSync(`${dir}/etc/systemd/system`, { recursive: true })
  const desired = { unit: 'x.service', content: '[Service]\nExecStart=/bin/sleep 1\n' }
  const { sh } = systemdUnitKind.apply([{ action: 'create', desired, actual: 'absent', fields: [] }])
  const fakes = `
    systemctl() { :; }
    chown() { :; }; chgrp() { :; }
    analyze() { cat <<SAID
${said.map((line) => line.replaceAll('STAGE', '$stage')).join('\n')}
SAID
    }
  `
  const moved = sh
    .replaceAll('/etc/systemd/system', `${dir}/etc/systemd/system`)
    .replace('timeout 60 systemd-analyze verify', 'analyze')
    .replace('systemd-analyze --help', 'echo --recursive-errors')
  const { status, output } = run(rawScript(fakes + moved))
  return { status, output: output.replaceAll(dir, ''), files: readdirSync(`${dir}/etc/systemd/system`) }
}

describe('C22: what systemd-analyze says of a unit', () => {
  it.each([
    ['<29>STAGE/x.service:3: Special user nobody configured, this is not safe!'],
    ['<28>STAGE/x.service:3: Unit uses MemoryLimit=; please use MemoryMax= instead.'],
    ['<28>STAGE/x.service:3: Unit uses KillMode=none. This is unsafe.'],
  ])('C22: advice is told, and the unit is there: %s', (line) => {
    const { status, output, files } = install(line)
    expect({ status, files }).toEqual({ status: 0, files: ['x.service'] })
    expect(output).toBe(`provision: warning: ${line.slice(4).replace('STAGE', '/etc/systemd/system')}`)
  })

  it.each([
    ["<28>STAGE/x.service:3: Unknown key 'Foo' in section [Service], ignoring."],
    ["<28>STAGE/x.service:3: Unknown section 'Foo'. Ignoring."],
    ['<27>x.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.'],
    ['x.service: Service has no ExecStart=. Refusing.'],
  ])('C22: what is not loaded or not taken is refused: %s', (line) => {
    const { status, output, files } = install('<29>STAGE/x.service:2: Special user nobody configured', line)
    expect({ status, files }).toEqual({ status: 78, files: [] })
    expect(output).toContain('provision: warning: /etc/systemd/system/x.service:2: Special user nobody configured')
    expect(output).toContain(line.replace(/^<\d+>/, '').replace('STAGE', '/etc/systemd/system'))
    expect(output).toContain('is refused by systemd-analyze verify')
  })

  it.each([
    ['<27>x.service: Command /opt/nothere is not executable: No such file or directory'],
    ['<28>STAGE/other.service:3: Unknown key, ignoring.'],
  ])('C22: what a later step brings, and what is said of others, is nothing: %s', (line) => {
    expect(install(line)).toEqual({ status: 0, output: '', files: ['x.service'] })
  })
})
