import { describe, expect, it } from 'vitest'
import { type Sysctl, sysctlKind } from '../../../src/resources/sysctl/sysctl.ts'
import { answersTo } from '../answers.ts'
import { hostWith } from './kernel.ts'

const CONF = '/etc/sysctl.d/99-zz-provision.conf'
const HEAD = '# By provision: kernel settings, in the order in which they are declared.\n'
const UFW = '/etc/ufw/sysctl.conf'

describe('C01: what the kernel makes of a value', () => {
  const ROUNDS = 'case $2 in 1001) echo 1004 ;; 1-3,4) echo 1-4 ;; *) echo "$2" ;; esac >"$1"'
  const desired: Sysctl[] = [
    { name: 'net.ipv4.neigh.lo.base_reachable_time_ms', value: 1001 },
    { name: 'net.ipv4.ip_local_reserved_ports', value: '1-3,4' },
  ]
  const host = () =>
    hostWith(
      {
        '/proc/sys/net/ipv4/neigh/lo/base_reachable_time_ms': '30000\n',
        '/proc/sys/net/ipv4/ip_local_reserved_ports': '\n',
      },
      ROUNDS,
    )

  it('C01: is read back and kept beside it, so that the next run is clean', () => {
    const one = host()
    expect(one.apply(desired)).toMatch(/^0\n/)
    expect(one.read(CONF)).toBe(
      `${HEAD}net.ipv4.neigh.lo.base_reachable_time_ms = 1001\n# the kernel keeps it as: 1004\n` +
        'net.ipv4.ip_local_reserved_ports = 1-3,4\n# the kernel keeps it as: 1-4\n',
    )
    expect(one.changes(desired)).toEqual([])
    // Only what nobody could have known is worth a word.
    expect(one.notes(desired)).toEqual(['the kernel keeps 1001 as 1004'])
  })

  it('C01: counts only while the kernel still has it and the declaration is the same', () => {
    const one = host()
    one.apply(desired)
    one.write('/proc/sys/net/ipv4/neigh/lo/base_reachable_time_ms', '1008\n')
    expect(one.changes(desired)).toMatchObject([{ fields: [{ field: 'value', from: '1008', to: '1001' }] }])
    one.write('/proc/sys/net/ipv4/neigh/lo/base_reachable_time_ms', '1004\n')
    expect(one.changes([{ name: 'net.ipv4.neigh.lo.base_reachable_time_ms', value: 1002 }])).toMatchObject([
      {
        fields: [
          { field: 'value', from: '1004', to: '1002' },
          { field: 'at boot', from: '1001', to: '1002' },
        ],
      },
    ])
  })

  it('C01: a value that the kernel refuses is not written for the boot, its neighbours are', () => {
    const one = hostWith(
      { '/proc/sys/net/core/a': '1\n', '/proc/sys/net/core/b': '1\n' },
      '[ "$2" != 99 ] && printf "%s\\n" "$2" >"$1"',
    )
    const said = one.apply([
      { name: 'net.core.a', value: 99 },
      { name: 'net.core.b', value: 2 },
    ])
    expect(said).toMatch(/^1\n/)
    expect(said).toContain('provision: sysctl net.core.a: the kernel does not take 99')
    expect(one.read(CONF)).toBe(`${HEAD}net.core.b = 2\n`)
  })
})

describe('C01: what can not be held is refused in the plan', () => {
  const answer = (access: string, live = '') =>
    `sysctl values\n${live}\nsysctl access\n${access}\nsysctl files\nsysctl lines\n`
  const planned = (one: Sysctl, access: string, live?: string) => {
    const state = sysctlKind
      .parse(answersTo(sysctlKind, [one], { own: answer(access, live) }), [one])
      .get(sysctlKind.key(one))
    if (state === undefined || state === 'unknown') throw new Error('no state')
    return { change: sysctlKind.diff(one, state), notes: sysctlKind.notes?.(one, state) }
  }

  it('C01: a setting that can only be written', () => {
    const flush = { name: 'net.ipv4.route.flush', value: 1 }
    expect(() => planned(flush, 'write-only /proc/sys/net/ipv4/route/flush')).toThrow('can only be written')
    // Not the removal of what an older version wrote for it.
    expect(planned({ name: flush.name, state: 'absent' }, 'write-only /proc/sys/net/ipv4/route/flush').change).toBe(
      undefined,
    )
  })

  it('C01: a read-only setting, unless it is so', () => {
    const one = { name: 'net.ipv4.tcp_allowed_congestion_control', value: 'cubic' }
    const at = '/proc/sys/net/ipv4/tcp_allowed_congestion_control'
    expect(() => planned(one, `read-only ${at}`, `${at}:reno bbr`)).toThrow(
      'is read-only on this host and says reno bbr',
    )
    expect(planned(one, `read-only ${at}`, `${at}:cubic`).change?.fields).toEqual([{ field: 'at boot', to: 'cubic' }])
  })

  it('C01: a name that this kernel does not have, with the nearest one', () => {
    const access = 'missing /proc/sys/net/core/somaxcon /proc/sys/net/core/somaxconn /proc/sys/net/core/wmem_max'
    expect(() => planned({ name: 'net.core.somaxcon', value: 1 }, access)).toThrow(
      'this kernel has no setting net.core.somaxcon (did you mean net.core.somaxconn?)',
    )
  })

  it('C01: but not what a module or an interface may bring yet', () => {
    const bridge = planned(
      { name: 'net.bridge.bridge-nf-call-iptables', value: 0 },
      'no-directory /proc/sys/net/bridge/bridge-nf-call-iptables',
    )
    expect(bridge.change?.fields[0]).toEqual({ field: 'value', from: 'no such setting yet', to: '0' })
    expect(bridge.notes).toEqual([expect.stringContaining('an earlier change must bring it')])
    const tracking = 'missing /proc/sys/net/netfilter/nf_conntrack_max /proc/sys/net/netfilter/nf_log_all_netns'
    expect(planned({ name: 'net.netfilter.nf_conntrack_max', value: 1 }, tracking).change).toBeDefined()
  })
})

describe('C23: another file that sets the same key', () => {
  const desired: Sysctl[] = [{ name: 'vm.swappiness', value: 10 }]
  const host = (files: Readonly<Record<string, string>>) =>
    hostWith({ '/proc/sys/vm/swappiness': '10\n', [CONF]: `${HEAD}vm.swappiness = 10\n`, ...files })

  it.each([
    ['/etc/sysctl.d/99-local.conf', 'vm.swappiness = 20', `which ${CONF} overrides at boot`],
    ['/etc/sysctl.d/99-sysctl.conf', 'vm/swappiness=20', `which ${CONF} overrides at boot`],
    ['/run/sysctl.d/zz.conf', ' -vm.swappiness=20', `at boot, after ${CONF}: take it out there`],
    ['/usr/lib/sysctl.d/zzz.conf', 'vm.swappiness=20', `at boot, after ${CONF}: take it out there`],
    ['/etc/sysctl.conf', 'vm.swappiness\t=\t20', 'no boot reads that file, but "sysctl -p" does'],
  ])('C23: %s is named, clean or not', (file, line, words) => {
    const one = host({ [file]: `# a comment\n${line}\n` })
    expect(one.changes(desired)).toEqual([])
    expect(one.notes(desired)).toEqual([
      `${file} sets it to 20${words.startsWith('at boot') ? ' ' : words.startsWith('no') ? ': ' : ', '}${words}`,
    ])
  })

  it.each([
    ['of a package, which is there to be overridden', { '/usr/lib/sysctl.d/50-x.conf': 'vm.swappiness=20' }],
    ['that says the same', { '/etc/sysctl.d/zzz.conf': 'vm.swappiness=0xa' }],
    ['whose pattern leaves out what is set by name', { '/etc/sysctl.d/zzz.conf': 'vm.swap*=20' }],
    ['that takes it out of patterns', { '/etc/sysctl.d/zzz.conf': '-vm.swappiness' }],
    ['hidden by one of its name', { '/usr/lib/sysctl.d/zzz.conf': 'vm.swappiness=20', '/etc/sysctl.d/zzz.conf': '' }],
    ['that ends with the same', { '/etc/sysctl.d/zzz.conf': 'vm.swappiness=20\nvm.swappiness=10' }],
  ])('C23: but not one %s', (_, files) => {
    expect(host(files).notes(desired)).toEqual([])
  })
})

describe('C60: settings that touch each other', () => {
  const FORWARD = '/proc/sys/net/ipv4/ip_forward'
  const REDIRECTS = '/proc/sys/net/ipv4/conf/all/accept_redirects'
  const KERNEL = `[ "$1" != "$root/net/ipv4/ip_forward" ] || [ "$(cat "$1")" = "$2" ] || echo 0 >"$root/net/ipv4/conf/all/accept_redirects"; printf "%s\\n" "$2" >"$1"`
  const forward: Sysctl = { name: 'net.ipv4.ip_forward', value: 1 }
  const redirects: Sysctl = { name: 'net.ipv4.conf.all.accept_redirects', value: 1 }
  const host = (live: string) => hostWith({ [FORWARD]: '0\n', [REDIRECTS]: `${live}\n` }, KERNEL)
  const boot = `${HEAD}net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.accept_redirects = 1\n`

  it.each([
    ['as declared', [forward, redirects]],
    ['in any order', [redirects, forward]],
  ])('C60: hold both after one run and a boot, %s', (_, desired) => {
    for (const live of ['0', '1']) {
      const one = host(live)
      expect(one.apply(desired)).toMatch(/^0\n/)
      expect(one.read(REDIRECTS)).toBe('1\n')
      expect(one.read(CONF)).toBe(boot)
      expect(one.changes(desired)).toEqual([])
    }
  })

  it('C60: a setting that is as declared is set again where a change alters it', () => {
    const one = host('1')
    one.write(CONF, boot)
    expect(one.changes([redirects, forward])).toHaveLength(1)
    expect(one.applyOnly('net.ipv4.ip_forward', [redirects, forward])).toContain(
      'altered by another setting, set again',
    )
    expect(one.read(REDIRECTS)).toBe('1\n')
    expect(one.changes([redirects, forward])).toEqual([])
  })

  it('C60: two that exclude each other are told so', () => {
    const one = hostWith(
      { '/proc/sys/vm/dirty_bytes': '0\n', '/proc/sys/vm/dirty_ratio': '20\n' },
      'case $1 in */dirty_bytes) echo 0 >"$root/vm/dirty_ratio" ;; *) echo 0 >"$root/vm/dirty_bytes" ;; esac; echo "$2" >"$1"',
    )
    const said = one.apply([
      { name: 'vm.dirty_bytes', value: 4096 },
      { name: 'vm.dirty_ratio', value: 10 },
    ])
    expect(said).toMatch(/^1\n/)
    expect(said).toContain('they exclude each other: /proc/sys/vm/dirty_ratio')
  })

  it('C60: the file is in the order of the declaration, which is a change where it was another', () => {
    const one = hostWith({
      '/proc/sys/vm/a': '1\n',
      '/proc/sys/vm/b': '1\n',
      [CONF]: `${HEAD}vm.b = 1\nvm.old = 3\n# the kernel keeps it as: 4\nvm.a = 1\n`,
    })
    const desired: Sysctl[] = [
      { name: 'vm.a', value: 1 },
      { name: 'vm.b', value: 1 },
    ]
    expect(one.changes(desired)).toMatchObject([
      { fields: [{ field: 'order at boot', from: 'before vm.a', to: 'after vm.a' }] },
    ])
    expect(one.apply(desired)).toMatch(/^0\n/)
    // What nobody declares any more stays, and comes first.
    expect(one.read(CONF)).toBe(`${HEAD}vm.old = 3\n# the kernel keeps it as: 4\nvm.a = 1\nvm.b = 1\n`)
    expect(one.changes(desired)).toEqual([])
  })

  it('C60: the file that an older version wrote for each setting goes', () => {
    const old = '/etc/sysctl.d/60-provision-vm.a.conf'
    const one = hostWith({ '/proc/sys/vm/a': '1\n', [old]: 'vm.a = 1\n' })
    const desired: Sysctl[] = [{ name: 'vm.a', value: 1 }]
    expect(one.changes(desired)).toMatchObject([{ action: 'update', fields: [{ field: 'file', from: old, to: CONF }] }])
    one.apply(desired)
    expect(one.read(old)).toBeUndefined()
    expect(one.read(CONF)).toBe(`${HEAD}vm.a = 1\n`)
    expect(one.changes(desired)).toEqual([])
    one.apply([{ name: 'vm.a', state: 'absent' }])
    expect(one.read(CONF)).toBeUndefined()
  })
})

describe('C24: what ufw applies by itself', () => {
  const LIVE = '/proc/sys/net/ipv4/conf/all/log_martians'
  const desired: Sysctl[] = [{ name: 'net.ipv4.conf.all.log_martians', value: 1 }]
  const CONTENT = '# ufw\nnet/ipv4/conf/all/log_martians=0\nnet/ipv4/conf/default/log_martians=0\n'
  const LEFT = `# ufw\n# set in ${CONF}: net/ipv4/conf/all/log_martians=0\nnet/ipv4/conf/default/log_martians=0\n`

  it('C24: does not set what is declared, in whatever order the two roles come', () => {
    const ufwFirst = hostWith({ [LIVE]: '0\n', [UFW]: CONTENT })
    expect(ufwFirst.changes(desired)[0]?.fields).toContainEqual({ field: UFW, from: '0', to: 'not set there' })
    expect(ufwFirst.apply(desired)).toMatch(/^0\n/)
    expect(ufwFirst.read(UFW)).toBe(LEFT)
    expect(ufwFirst.changes(desired)).toEqual([])
    expect(ufwFirst.planFile({ path: UFW })).toBeUndefined()

    const ufwLast = hostWith({ [LIVE]: '0\n' })
    expect(ufwLast.planFile({ path: UFW })).toMatchObject({ action: 'create' })
    ufwLast.apply(desired)
    ufwLast.write(UFW, CONTENT)
    expect(ufwLast.planFile({ path: UFW })?.fields).toEqual([
      { field: 'net.ipv4.conf.all.log_martians', from: '0', to: 'not set there (declared: 1)' },
    ])
    expect(ufwLast.applyFile({ path: UFW })).toMatch(/^0\n/)
    expect(ufwLast.read(UFW)).toBe(LEFT)
    expect(ufwLast.changes(desired)).toEqual([])
  })

  it('C24: a file that sets nothing otherwise is left alone', () => {
    const one = hostWith({ [LIVE]: '0\n', [UFW]: 'net/ipv4/conf/all/log_martians=1\n' })
    one.apply(desired)
    expect(one.read(UFW)).toBe('net/ipv4/conf/all/log_martians=1\n')
    expect(one.planFile({ path: UFW })).toBeUndefined()
  })
})
