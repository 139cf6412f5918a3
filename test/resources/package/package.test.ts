import { describe, expect, test } from 'vitest'
import { type Package, type PackageState, packageKind, pkg } from '../../../src/resources/package/package.ts'
import { dash } from '../../shell/dash.ts'
import { start } from '../../shell/start.ts'
import { own, scriptOf } from '../answers.ts'

const dpkg = start('dpkg-query', ['-W', '-f=${Version}', 'dpkg'])

describe.runIf(dpkg.status === 0)('the probe, asked of the dpkg database of this machine', () => {
  const ask = (all: readonly Package[]) => {
    const { stdout, status } = dash(scriptOf(packageKind, all))
    expect(status).toBe(0)
    return { stdout, actual: packageKind.parse(own(stdout), all) }
  }

  test('an installed package is as declared, and apt-cache is not asked', () => {
    const desired = { name: 'dpkg' }
    const { stdout, actual } = ask([desired])
    expect(actual.get('dpkg')).toMatchObject({ status: 'installed', version: dpkg.stdout })
    expect(stdout).not.toContain('Candidate:')
    const state = actual.get('dpkg')
    if (state === undefined || state === 'unknown') throw new Error('dpkg was not asked about')
    expect(packageKind.diff(desired, state)).toBeUndefined()
  })

  test('at its pin apt-cache is not asked, off its pin it is', () => {
    const begin = dpkg.stdout.slice(0, 3)
    expect(ask([{ name: 'dpkg', version: `${begin}*` }]).stdout).not.toContain('Candidate:')
    expect(ask([{ name: 'dpkg', version: '0.1' }]).stdout).toContain('Candidate:')
  })

  test('an unknown name is absent and does not hide the others', () => {
    const all = [{ name: 'provision-no-such-package' }, { name: 'dpkg' }]
    const { actual } = ask(all)
    expect(actual.get('provision-no-such-package')).toMatchObject({ status: 'none', candidate: undefined })
    expect(actual.get('dpkg')).toMatchObject({ status: 'installed' })
  })
})

test('an answer that is cut short is no answer', () => {
  expect(() => packageKind.parse(own('native\tamd64\n'), [{ name: 'dpkg' }])).toThrow('cut short')
})

test.each<Package>([
  { name: 'nginx mysql' },
  { name: 'nginx*' },
  { name: '-o=APT::Get::x' },
  { name: 'nginx', state: 'absent', hold: true },
  { name: 'nginx', state: 'latest', version: '1.2' },
  { name: 'nginx', version: '1 2' },
])('refuses %j', (input) => {
  expect(pkg(input).problems).toHaveLength(1)
})

describe('what an upgrade wants', () => {
  const state = (version: string, more: Partial<PackageState> = {}): PackageState => ({
    status: 'installed',
    version,
    hold: false,
    candidate: '8.4.2',
    available: ['8.4.2', '8.0.9', '8.0.7'],
    fresh: true,
    ...more,
  })
  const target = (desired: Package, actual: PackageState) =>
    packageKind
      .diff(packageKind.upgraded?.(desired) ?? desired, actual)
      ?.fields.find(({ field }) => field === 'version')?.to

  test.each<[string, Package, PackageState, string | undefined]>([
    ['any version: the candidate', { name: 'db' }, state('8.0.7'), '8.4.2'],
    ['the newest already', { name: 'db' }, state('8.4.2'), undefined],
    ['a pattern: the best that fits', { name: 'db', version: '8.0.*' }, state('8.0.7'), '8.0.9'],
    ['a pattern, the best already', { name: 'db', version: '8.0.*' }, state('8.0.9'), undefined],
    ['an exact version stays', { name: 'db', version: '8.0.7' }, state('8.0.7'), undefined],
    ['held by a role, which keeps others away', { name: 'db', hold: true }, state('8.0.7', { hold: true }), '8.4.2'],
    ['held by hand', { name: 'db' }, state('8.0.7', { hold: true }), undefined],
    ['held by hand at a pattern', { name: 'db', version: '8.0.*' }, state('8.0.7', { hold: true }), undefined],
    ['what is not wanted stays away', { name: 'db', state: 'absent' }, state('', { status: 'none' }), undefined],
  ])('%s', (_, desired, actual, expected) => expect(target(desired, actual)).toBe(expected))

  test('without an upgrade an installed package that fits its pattern stays', () => {
    expect(packageKind.diff({ name: 'db', version: '8.0.*' }, state('8.0.7'))).toBeUndefined()
  })
})

describe('C16: a package on hold', () => {
  const held: PackageState = {
    status: 'installed',
    version: '1',
    hold: true,
    candidate: '2',
    available: ['2', '1'],
    fresh: true,
  }

  test.each<Package>([
    { name: 'db', state: 'absent' },
    { name: 'db', version: '2' },
  ])('C16: by hand is refused in the plan, with what lets it go on: %j', (desired) => {
    expect(() => packageKind.diff(desired, held)).toThrow(
      expect.objectContaining({ code: 'input', hint: expect.stringContaining('apt-mark unhold db') }),
    )
    expect(packageKind.diff({ ...desired, hold: false }, held)).toBeDefined()
  })

  test('C16: that is declared so, or is as declared, is no matter', () => {
    expect(packageKind.diff({ name: 'db', version: '2', hold: true }, held)?.fields).toHaveLength(1)
    expect(packageKind.diff({ name: 'db' }, held)).toBeUndefined()
    expect(packageKind.diff({ name: 'db', state: 'absent' }, { ...held, status: 'none', version: '' })).toBeUndefined()
  })
})
