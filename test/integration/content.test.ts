import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { testLab } from '../lab/test-labs.ts'
import type { Run } from './provision.ts'
import { testBed } from './test-bed.ts'

const bed = testBed({
  ...testLab('content'),
  hosts: [{ name: 'plain' }, { name: 'guarded', user: 'deploy', sudo: 'password' }],
})
const HOSTS = { plain: {}, guarded: { connection: { become_password_file: '' } } }
const hosts = () => ({
  ...HOSTS,
  guarded: { connection: { become_password_file: `${bed.lab.dir}/become_password` } },
})

const ODD_NAME = `it's "quoted" $HOME \`id\` \\n ü€𝄞 *?[a] -rf`
const ODD = `'"$\`\\ $(touch /tmp/pwned) \${HOME} %s %% é€𝄞\tтест\r\n\n@@abc begin x\nPROVISION_BYTES\nEOF\n`
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('content that shells love to break', () => {
  const BIG = ODD.repeat(Math.ceil((1 << 20) / Buffer.byteLength(ODD)))
  const CONTENTS = { odd: ODD, 'no end': `${ODD}no newline at the end`, empty: '', big: BIG, newlines: '\n\n\n' }

  test('arrives byte by byte, under a name that is no better', async () => {
    expect(Buffer.byteLength(BIG)).toBeGreaterThanOrEqual(1 << 20)
    const project = bed.project({
      roles: {
        odd: `[
          directory({ path: '/srv/' + ${JSON.stringify(ODD_NAME)} }),
          ...Object.entries(CONTENTS).map(([name, content]) =>
            file({ path: '/srv/' + ${JSON.stringify(ODD_NAME)} + '/' + name + ' ' + ${JSON.stringify(ODD_NAME)}, content }),
          ),
        ]`,
      },
      prelude: `const ODD = ${JSON.stringify(ODD)}
        const CONTENTS = { ...${JSON.stringify({ ...CONTENTS, big: '' })}, big: ODD.repeat(${BIG.length / ODD.length}) }`,
      use: ['file', 'directory'],
      hosts: hosts(),
    })
    const run = await project.run()
    expect(run.status, run.stdout.slice(-2000)).toBe(0)
    for (const name of ['plain', 'guarded']) {
      const sums = await bed.on(name, 'cd /srv/it*; for f in *; do sha256sum <"$f"; done; ls; ls /tmp')
      for (const content of Object.values(CONTENTS)) expect(sums).toContain(sha256(content))
      for (const each of Object.keys(CONTENTS)) expect(sums).toContain(`${each} ${ODD_NAME}`)
      expect(sums).not.toContain('pwned')
    }
    const again = await project.run()
    expect(again.status).toBe(0)
    for (const name of ['plain', 'guarded']) {
      expect(again.result(name)).toMatchObject({ changed: [], traffic: { execs: 1 } })
    }
    await bed.on('plain', `cd /srv/it*; for f in big*; do printf x >>"$f"; done`)
    expect((await project.run()).result('plain').changed).toEqual([`file:/srv/${ODD_NAME}/big ${ODD_NAME}`])
  })
})

describe('a file that is more than a file', () => {
  /** As setfacl does it, which few hosts have: u::rw,u:www-data:rw,g::r,m::rw,o::- */
  const SET_ACL = `my $acl = pack("L<(S<S<L<)*", 2, 1, 6, 0xffffffff, 2, 6, 33, 4, 4, 0xffffffff, 16, 6, 0xffffffff, 32, 0, 0xffffffff);
    my $setxattr = \`uname -m\` =~ /aarch64/ ? 5 : 188;
    my ($path, $name) = ($ARGV[0], "system.posix_acl_access");
    syscall($setxattr, $path, $name, $acl, length($acl), 0) == 0 or die $!`
  const MAY = `may() {
      echo "$1 $(setpriv --reuid=$2 --regid=$3 --clear-groups sh -c '[ ! -r $0 ] || printf r; [ ! -w $0 ] || printf w' $4)"
    }
    all() { may www-data 33 33 $1; may group nobody 0 $1; may other nobody nogroup $1; }; all`

  test('C17, C19: a mount point is written in place, an ACL stays and gives no more than before', async () => {
    await bed.on('plain', 'echo old >/srv/acl; chmod 0640 /srv/acl; ls -l /srv/acl')
    expect(await bed.host('plain').exec(['perl', '-e', SET_ACL, '/srv/acl'])).toMatchObject({ code: 0 })
    const may = async () => (await bed.on('plain', `${MAY} /srv/acl; stat -c %a /srv/acl`)).split('\n')
    // The group digit is the mask: the group itself may only read.
    const before = ['www-data rw', 'group r', 'other ', '660', '']
    expect(await may()).toEqual(before)
    const rights = (mode: string) =>
      bed.project({
        roles: {
          odd: `[
            file({ path: '/etc/hosts', content: '127.0.0.1 localhost by-provision\\n' }),
            file({ path: '/srv/acl', content: 'new\\n'${mode} }),
            file({ path: '/etc/nowhere.d/job', content: 'x', state: 'absent' }),
          ]`,
        },
        use: ['file'],
        hosts: { plain: {} },
      })
    const first = rights('')
    const run = await first.run()
    expect(run.result('plain').changed).toEqual(['file:/etc/hosts', 'file:/srv/acl'])
    expect(run.plan('plain').items[0]?.notes?.[0]).toContain('written in place')
    expect(await bed.on('plain', 'cat /etc/hosts /srv/acl; ls -A /etc | grep provision. || :')).toBe(
      '127.0.0.1 localhost by-provision\nnew\n',
    )
    expect(await may()).toEqual(before)
    expect((await first.run()).result('plain')).toMatchObject({ changed: [], traffic: { execs: 1 } })

    const tighter = await rights(", mode: '0640'").run()
    expect(tighter.plan('plain').items[1]?.notes).toEqual([expect.stringContaining('makes r the most')])
    expect(await may()).toEqual(['www-data r', 'group r', 'other ', '640', ''])
  })

  test('C17, C21: a link over a mount point and a missing directory are refused in the plan, and nothing is changed', async () => {
    const run = await bed
      .project({
        roles: {
          odd: `[
            file({ path: '/root/first', content: 'x' }),
            symlink({ path: '/etc/resolv.conf', target: '/run/x' }),
            file({ path: '/etc/nowhere.d/job', content: 'x' }),
          ]`,
        },
        use: ['file', 'symlink'],
        hosts: { plain: {} },
      })
      .run()
    expect(run.status).toBe(1)
    expect(run.plan('plain').items.map(({ problem }) => problem)).toEqual([
      undefined,
      "/etc/resolv.conf is a mount point: it can't be replaced",
      'there is no directory /etc/nowhere.d',
    ])
    expect((await bed.host('plain').exec('ls /root/first')).code).not.toBe(0)
  })
})

describe('a secret', () => {
  const LINES = ['-----BEGIN KEY-----', `aB3"x'$y\`z\\unmistakable`, 'second/line+of=the/key', '-----END KEY-----']
  const SECRET = LINES.join('\n')
  const NEVER = ['unmistakable', 'second/line+of=the/key']

  /** In plain text, or in anything that is base64. */
  const leaks = (text: string): string[] => {
    const decoded = [...text.matchAll(/[A-Za-z0-9+/]{12,}={0,2}/g)].map(([word]) =>
      Buffer.from(word, 'base64').toString(),
    )
    return [text, ...decoded].filter((one) => NEVER.some((word) => one.includes(word)))
  }
  const project = (version: string, then: string) =>
    bed.project({
      roles: {
        keep: `[
          file({ path: '/srv/key', content: ['key ${version}=', vars.key, '\\n'], mode: '0600' }),
          command({ name: 'look ${version}', run: sh\`sleep 2.5; cat /srv/key; ${then}\`, creates: '/never' }),
        ]`,
      },
      use: ['file', 'command'],
      vars: "key: { type: 'string', description: 'A key.', secret: true }",
      hosts: Object.fromEntries(
        Object.entries(hosts()).map(([name, settings]) => [name, { ...settings, vars: { key: SECRET } }]),
      ),
    })

  test('is in nothing that is printed and in no list of processes', async () => {
    const sampler =
      'rm -f /root/sample; while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; sleep 0.05; done >/root/sample & echo $! >/root/sampler'
    for (const name of ['plain', 'guarded']) await bed.on(name, `(${sampler}) >/dev/null 2>&1`)
    // Each version is new, so that each run has something to write and to show.
    const ways: readonly (readonly [json: boolean, ...args: string[]])[] = [
      [false, '--check'],
      [true, '--check', '--show-script'],
      [false, '-vv', '--show-script'],
      [true, '--diff', '-vv', '--show-script'],
    ]
    const runs: Run[] = []
    for (const [i, [json, ...args]] of ways.entries()) {
      runs.push(await project(`v${i}`, 'false').start(args, { json }).done)
    }
    for (const run of runs) {
      expect(leaks(`${run.stdout}${run.stderr}`)).toEqual([])
      expect(run.stdout).toContain('‹secret')
    }
    const failed = runs.at(-1)?.failure('plain')
    expect(failed?.log.join('\n')).toContain('‹secret')
    expect(failed?.resource).toContain('command:look')
    await sleep(500)
    for (const name of ['plain', 'guarded']) {
      await bed.on(name, 'kill $(cat /root/sampler)')
      expect(await bed.on(name, `cat /srv/key`)).toContain(SECRET)
      expect((await bed.host(name).exec('grep -acF "sleep" /root/sample')).stdout.trim()).not.toBe('0')
      for (const word of NEVER) {
        expect((await bed.host(name).exec(['grep', '-acFf', '-', '/root/sample'], `${word}\n`)).stdout.trim()).toBe('0')
      }
      expect(
        await bed.on(name, 'grep -rl unmistakable /var/lib/provision /tmp /run /var/log 2>/dev/null || true'),
      ).toBe('')
    }
  })

  test('that changes shows as changed, and only its span is masked', async () => {
    await project('same', ':').run('--limit', 'plain')
    const other = bed.project({
      roles: { keep: "[file({ path: '/srv/key', content: ['key same=', vars.key, '\\n'], mode: '0600' })]" },
      use: ['file'],
      vars: "key: { type: 'string', description: 'A key.', secret: true }",
      hosts: { plain: { vars: { key: `${SECRET} unmistakable too` } } },
    })
    const check = await other.start(['--check'], { json: false }).done
    expect(check.status).toBe(2)
    expect(check.stdout).toContain('key same=‹secret')
    expect(leaks(check.stdout)).toEqual([])
  })
})
