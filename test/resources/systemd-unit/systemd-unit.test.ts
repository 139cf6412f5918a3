import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type SystemdUnit, systemdUnitKind } from '../../../src/resources/systemd-unit/systemd-unit.ts'
import { rawScript } from '../../../src/shell/script.ts'
import { run, scratch } from '../converge.ts'

const content = '[Service]\nExecStart=/bin/sleep 1\n'

/** What systemd 257 says of units, with the levels that it puts before its lines. */
function install(said: readonly string[], all: readonly SystemdUnit[] = [{ unit: 'x.service', content }]) {
  const dir = scratch()
  mkdirSync(`${dir}/etc/systemd/system`, { recursive: true })
  const { sh } = systemdUnitKind.apply(
    all.map((desired) => ({ action: 'create', desired, actual: 'absent', fields: [] })),
  )
  const fakes = `
    systemctl() { echo "systemctl $*" >>${dir}/calls; }
    chown() { :; }; chgrp() { :; }
    systemd_analyze() { echo "$*" >>${dir}/calls; cat <<SAID
${said.map((line) => line.replaceAll('STAGE', '$stage')).join('\n')}
SAID
    }
  `
  const moved = sh
    .replaceAll('/etc/systemd/system', `${dir}/etc/systemd/system`)
    .replace('timeout 60 systemd-analyze', 'systemd_analyze')
  const { status, output } = run(rawScript(fakes + moved))
  const calls = readFileSync(`${dir}/calls`, 'utf8').trimEnd().split('\n')
  return { status, calls, output: output.replaceAll(dir, ''), files: readdirSync(`${dir}/etc/systemd/system`) }
}

describe('C22: what systemd-analyze says of a unit', () => {
  it.each([
    ['<29>STAGE/x.service:3: Special user nobody configured, this is not safe!'],
    ['<28>STAGE/x.service:3: Unit uses MemoryLimit=; please use MemoryMax= instead.'],
    ['<28>STAGE/x.service:3: Unit uses KillMode=none. This is unsafe.'],
  ])('C22: advice is told, and the unit is there: %s', (line) => {
    const { status, output, files } = install([line])
    expect({ status, files }).toEqual({ status: 0, files: ['x.service'] })
    expect(output).toBe(`provision: warning: ${line.slice(4).replace('STAGE', '/etc/systemd/system')}`)
  })

  it.each([
    ["<28>STAGE/x.service:3: Unknown key 'Foo' in section [Service], ignoring."],
    ["<28>STAGE/x.service:3: Unknown section 'Foo'. Ignoring."],
    ['<27>x.service: Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.'],
    ['x.service: Service has no ExecStart=. Refusing.'],
  ])('C22: what is not loaded or not taken is refused: %s', (line) => {
    const { status, output, files } = install(['<29>STAGE/x.service:2: Special user nobody configured', line])
    expect({ status, files }).toEqual({ status: 78, files: [] })
    expect(output).toContain('provision: warning: /etc/systemd/system/x.service:2: Special user nobody configured')
    expect(output).toContain(line.replace(/^<\d+>/, '').replace('STAGE', '/etc/systemd/system'))
    expect(output).toContain('is refused by systemd-analyze verify')
  })

  it.each([
    ['<27>x.service: Command /opt/nothere is not executable: No such file or directory'],
    ['<28>STAGE/other.service:3: Unknown key, ignoring.'],
  ])('C22: what a later step brings, and what is said of others, is nothing: %s', (line) => {
    expect(install([line])).toMatchObject({ status: 0, output: '', files: ['x.service'] })
  })
})

describe('neighbouring units', () => {
  const three = ['a.service', 'b.timer', 'c.service'].map((unit) => ({ unit, content }))
  const drop: SystemdUnit = { unit: 'a.service', dropIn: 'more.conf', content: '[Service]\nNice=5\n' }

  it('are verified together, and read anew once', () => {
    const { status, output, calls, files } = install([], [...three, drop])
    expect({ status, output }).toEqual({ status: 0, output: '' })
    expect(files.toSorted()).toEqual(['a.service', 'a.service.d', 'b.timer', 'c.service'])
    expect(calls).toEqual([
      'verify --man=no --recursive-errors=no ./a.service ./b.timer ./c.service',
      'systemctl daemon-reload',
    ])
  })

  it('land all or none: the one that is refused is named', () => {
    const { status, output, calls, files } = install(
      [
        "<28>STAGE/a.service.d/more.conf:2: Unknown key 'Nicer', ignoring.",
        '<29>STAGE/c.service:3: Special user nobody',
      ],
      [...three, drop],
    )
    expect({ status, files }).toEqual({ status: 78, files: ['a.service.d'] })
    expect(output).toContain('provision: failed: systemd-unit:/etc/systemd/system/a.service.d/more.conf')
    expect(output).toContain('provision: warning: /etc/systemd/system/c.service:3: Special user nobody')
    expect(output.match(/provision: failed/g)).toHaveLength(1)
    expect(calls).not.toContain('systemctl daemon-reload')
  })

  it('that nobody wants verified are not; they are there for those that need them', () => {
    const { calls } = install(
      [],
      [
        { ...three[0], unit: 'a.service', verify: false },
        { unit: 'c.service', content },
      ],
    )
    expect(calls[0]).toBe('verify --man=no --recursive-errors=no ./c.service')
  })
})
