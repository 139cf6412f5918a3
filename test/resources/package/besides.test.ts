import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Package, packageKind } from '../../../src/resources/package/package.ts'
import { dash } from '../../shell/dash.ts'
import { own, scriptOf } from '../answers.ts'
import { scratch } from '../converge.ts'

/** What dpkg and apt of a Debian 13 say of a host that has chrony and libfoo1; each call of apt-get is noted. */
const HOST = `
  dpkg-query() { printf 'have\\tchrony\\tamd64\\tii \\t4.6\\nhave\\tjq\\tamd64\\tii \\t1.6\\n'; }
  dpkg() { echo amd64; }
  timeout() { shift; "$@"; }
  apt-cache() {
    shift
    for name do case $name in
      nosuch) ;;
      jq) printf '%s:\\n  Installed: 1.6\\n  Candidate: 1.7\\n  Version table:\\n     1.7 500\\n     1.6.2 500\\n *** 1.6 100\\n' "$name" ;;
      *) printf '%s:\\n  Installed: (none)\\n  Candidate: 257\\n  Version table:\\n     257 500\\n' "$name" ;;
    esac; done
  }
`.replaceAll(/^ {2}(dpkg-query|apt-cache)\(/gm, (_, name: string) => `  ${name.replace('-', '_')}(`)

const ask = (all: readonly Package[], simulated: string, manual = '') => {
  const dir = scratch()
  mkdirSync(`${dir}/lists`)
  const script = scriptOf(packageKind, all)
    .sh.replaceAll('dpkg-query', 'dpkg_query')
    .replaceAll('apt-cache', 'apt_cache')
    .replaceAll('apt-get', 'apt_get')
    .replaceAll('apt-mark', 'apt_mark')
    .replaceAll('/var/lib/apt', dir)
  const fakes = `
    apt_get() { echo "$*" >>${dir}/calls; cat <<'SAID'
${simulated}
SAID
    }
    apt_mark() { printf '%s' '${manual}'; }
  `
  const ran = dash(`${HOST}${fakes}\n(\n${script}\n)\necho CALLS; cat ${dir}/calls 2>/dev/null || :`)
  expect(ran.stderr).toBe('')
  const [answer = '', calls = ''] = ran.stdout.split('CALLS\n')
  const actual = packageKind.parse(own(answer), all)
  const of = (name: string) => {
    const [desired, state] = [all.find((one) => one.name === name), actual.get(name)]
    if (!desired || !state || state === 'unknown') throw new Error(`no state of ${name}`)
    return { change: () => packageKind.diff(desired, state), notes: packageKind.notes?.(desired, state) }
  }
  return { of, calls: calls.trim().split('\n').filter(Boolean) }
}

const TIMESYNCD = [
  'NOTE: This is only a simulation!',
  'Remv chrony [4.6]',
  'Inst libnew [1.0] (1.1 Debian:13.1/stable [amd64])',
  'Inst libother (2 Debian:13.1/stable [amd64])',
  'Inst systemd-timesyncd (257 Debian:13.1/stable [amd64])',
  'Conf systemd-timesyncd (257 Debian:13.1/stable [amd64])',
].join('\n')

describe('C61: what apt would do besides', () => {
  it('C61: is asked in the same probe, and only where a package is to change', () => {
    expect(
      ask([{ name: 'jq' }, { name: 'nosuch', state: 'absent' }, { name: 'jq', version: '1.6*' }], '').calls,
    ).toEqual([])
    expect(ask([{ name: 'nosuch' }], '').calls).toEqual([])
    const { calls } = ask(
      [
        { name: 'systemd-timesyncd' },
        { name: 'jq', version: '1.6.2' },
        { name: 'nosuch' },
        { name: 'chrony', state: 'absent' },
      ],
      '',
    )
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatch(/^-s .* install systemd-timesyncd jq=1\.6\.2 chrony-$/)
  })

  it.each<[string, Package, string | undefined]>([
    ['the newest', { name: 'jq', state: 'latest', hold: false }, 'jq'],
    ['the newest that fits', { name: 'jq', state: 'latest', version: '1.6*', hold: true }, 'jq=1.6.2'],
    ['no version that the lists have', { name: 'jq', version: '9' }, undefined],
  ])('C61: with %s', (_, desired, target) => {
    expect(ask([desired], '').calls.map((call) => call.split(' install ')[1])).toEqual(
      target === undefined ? [] : [target],
    )
  })

  it('C61: is named in the plan, at the first package that changes', () => {
    const { of } = ask([{ name: 'jq' }, { name: 'systemd-timesyncd', removes: ['chrony'] }], TIMESYNCD)
    expect(of('systemd-timesyncd').change()?.fields).toEqual([{ field: 'version', from: undefined, to: '257' }])
    expect(of('systemd-timesyncd').notes).toEqual([
      'apt also removes chrony',
      'apt also upgrades libnew (1.0 → 1.1)',
      'apt also installs libother',
    ])
    expect(of('jq').notes).toEqual([])
  })

  it('C61: removes nothing that is not allowed by name', () => {
    const refused = ask([{ name: 'systemd-timesyncd' }], TIMESYNCD).of('systemd-timesyncd')
    expect(refused.change).toThrow(expect.objectContaining({ code: 'input', message: 'apt would also remove chrony' }))
    const declared = ask([{ name: 'systemd-timesyncd' }, { name: 'chrony', state: 'absent' }], TIMESYNCD)
    expect(declared.of('systemd-timesyncd').change()?.action).toBe('create')
    expect(declared.of('systemd-timesyncd').notes).not.toContain('apt also removes chrony')
  })

  it('C61: a library that came for others may go, one that somebody wanted may not', () => {
    const plan = 'Remv libfoo1 [1]\nInst systemd-timesyncd (257 x [amd64])'
    const auto = ask([{ name: 'systemd-timesyncd' }], plan).of('systemd-timesyncd')
    expect(auto.change()?.action).toBe('create')
    expect(auto.notes).toEqual(['apt also removes libfoo1'])
    expect(ask([{ name: 'systemd-timesyncd' }], plan, 'libfoo1\n').of('systemd-timesyncd').change).toThrow('libfoo1')
  })
})
