import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { $ } from 'zx'
import type { LabHost } from '../../src/lab/host.ts'
import { sshArguments } from '../../src/lab/ssh.ts'
import { secret } from '../../src/masking/secret.ts'
import { authorizedKeyKind, authorizedKeys } from '../../src/resources/authorized-key/authorized-key.ts'
import { groupKind } from '../../src/resources/group.ts'
import type { Change, ResourceKind } from '../../src/resources/resource.ts'
import { type User, userKind } from '../../src/resources/user/user.ts'
import { applyScript, parseFrame, probeScript } from '../../src/shell/frame.ts'
import { quote } from '../../src/shell/quote.ts'
import { joinScripts, rawScript, type Script, sh } from '../../src/shell/script.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { own, scriptOf } from '../resources/answers.ts'

const SPEC = { ...testLab('accounts'), hosts: [{ name: 'box', user: 'deploy' }] } as const
const run = $({ quiet: true, nothrow: true })
const NONCE = 'n0'
let lab: Lab
let host: LabHost

const asRoot = async (script: Script) => {
  const { stdout, stderr } = await run({ input: script.sh })`ssh ${sshArguments(lab, host)} sudo sh`
  const answer = parseFrame(NONCE, stdout).get('one')
  if (!answer) throw new Error(`no answer: ${stdout}${stderr}`)
  return answer
}

const plan = async <D, A>(kind: ResourceKind<D, A>, desired: readonly D[]): Promise<Change<D, A>[]> => {
  const { status, body } = await asRoot(
    probeScript(NONCE, [{ id: 'one', script: scriptOf(kind, desired), timeout: 20 }]),
  )
  expect(status).toBe(0)
  // Answers go over a wire that knows ASCII only.
  expect(body).toMatch(/^[\n -~]*$/)
  const actual = kind.parse(own(body), desired)
  return desired.flatMap((one) => {
    const state = actual.get(kind.key(one)) ?? 'unknown'
    return state === 'unknown' ? [] : (kind.diff(one, state) ?? [])
  })
}

const apply = <D, A>(kind: ResourceKind<D, A>, changes: readonly Change<D, A>[]) =>
  asRoot(applyScript(NONCE, sh`return 0`, [{ id: 'one', script: kind.apply(changes), timeout: 60 }]))

/** Twice, since a script must be safe to run again; then nothing may be left to do. */
const converge = async <D, A>(kind: ResourceKind<D, A>, ...desired: D[]) => {
  const changes = await plan(kind, desired)
  for (const _ of [1, 2]) expect(await apply(kind, changes)).toMatchObject({ status: 0 })
  expect((await plan(kind, desired)).flatMap((change) => change.fields)).toEqual([])
  return changes.flatMap((change) =>
    change.fields.map(({ field, from, to }) => `${field}: ${from ?? ''} -> ${to ?? ''}`),
  )
}

const exec = async (command: string) => {
  const { code, stdout, stderr } = await host.exec(command)
  if (code !== 0) throw new Error(`${command}: ${stderr}${stdout}`)
  return stdout.trim()
}

beforeAll(async () => {
  lab = await startTestLab(SPEC)
  const found = lab.hosts.get('box')
  if (!found) throw new Error('no host box')
  host = found
})

afterAll(async () => {
  await lab?.down()
})

describe('groups', () => {
  it('come, change their number and go', async () => {
    await converge(groupKind, { name: 'ops' }, { name: 'apps', gid: 4000 }, { name: 'daemons', system: true })
    expect(await exec('getent group apps')).toBe('apps:x:4000:')
    expect(await converge(groupKind, { name: 'apps', gid: 4001 })).toEqual(['gid: 4000 -> 4001'])
    await converge(groupKind, { name: 'daemons', state: 'absent' })
    expect(await plan(groupKind, [{ name: 'daemons', state: 'absent' }])).toEqual([])
  })
})

describe('users', () => {
  const HASH = '$6$abcdefgh$Dqnf0LxYyI6QZr6ZK6sXbqvJ8eGZ1l1bG8xmp4nUqS1f6Q5Y4oVwQm7XlY8c9b0aM2n3o4p5q6r7s8t9u0v1w2'

  it('come with everything that is declared', async () => {
    await converge(
      userKind,
      { name: 'ann', groups: ['ops', 'apps'], shell: '/bin/bash', comment: `Änn O'Neil "$x" \`y\`` },
      { name: 'svc', system: true, home: '/srv/svc', shell: '/usr/sbin/nologin', group: 'apps' },
      { name: 'ops', uid: 3456 },
      { name: 'bob', passwordHash: secret(HASH), locked: true },
    )
    expect(await exec('getent passwd ann')).toContain(`Änn O'Neil "$x" \`y\`:/home/ann:/bin/bash`)
    expect(await exec('id -nG ann')).toBe('ann ops apps')
    expect(await exec('id -gn svc; test ! -e /srv/svc; id -u ops; id -gn ops')).toBe('apps\n3456\nops')
    expect(await exec('getent shadow bob | cut -d: -f2')).toBe(`!${HASH}`)
  })

  it('are changed only where they differ', async () => {
    await exec('usermod -s /bin/sh ann; gpasswd -d ann ops; gpasswd -a ann adm')
    expect(await converge(userKind, { name: 'ann', groups: ['ops'], shell: '/bin/bash' })).toEqual([
      'shell: /bin/sh -> /bin/bash',
      'groups: adm,apps -> adm,apps,ops',
    ])
    expect(await converge(userKind, { name: 'ann', groups: ['ops'], appendGroups: false })).toEqual([
      'groups: adm,apps,ops -> ops',
    ])
    expect(await converge(userKind, { name: 'bob', passwordHash: secret(HASH), locked: false })).toEqual([
      'locked: yes -> no',
    ])
    const other = HASH.replace('abc', 'xyz')
    expect(await converge(userKind, { name: 'bob', passwordHash: secret(other) })).toEqual([
      'passwordHash: another -> ‹secret›',
    ])
    expect(await exec('getent shadow bob | cut -d: -f2')).toBe(other)
  })

  it('never send or show the hash', async () => {
    const desired = [{ name: 'bob', passwordHash: secret(HASH) }]
    const { body } = await asRoot(probeScript(NONCE, [{ id: 'one', script: scriptOf(userKind, desired), timeout: 20 }]))
    expect(body).not.toContain('$6$')
    expect(JSON.stringify((await plan(userKind, desired)).map((change) => change.fields))).not.toContain('$6$')
    expect(userKind.apply(await plan(userKind, desired)).sh).not.toContain('$6$')
  })

  it('go, but for the one that provision logs in as', async () => {
    await converge(userKind, { name: 'bob', state: 'absent', removeHome: true })
    await exec('test ! -e /home/bob')
    await exec(`usermod -p '${HASH}' deploy`)
    for (const desired of [
      { name: 'deploy', state: 'absent' },
      { name: 'deploy', locked: true },
      { name: 'deploy', shell: '/usr/sbin/nologin' },
    ] as const) {
      await expect(plan(userKind, [desired])).rejects.toThrow('provision logs in as deploy')
      // The script looks for itself, too: who logs in may be another than when it was planned.
      const done = await apply(userKind, [{ action: 'update', desired, actual: 'absent', fields: [] }])
      expect(done.status).toBe(1)
      expect(done.body).toContain('provision logs in as it')
    }
    expect(await exec('getent passwd deploy')).toContain('/bin/bash')
  })
})

describe('users who are at work', () => {
  it('C14, C58: one who goes is ended and gone, also what ignores a signal; the home stays unless it is said', async () => {
    await exec('useradd -m leaver; useradd -m other')
    const start = (name: string, what: string) =>
      exec(`setsid setpriv --reuid=${name} --regid=${name} --clear-groups ${what} >/dev/null 2>&1 </dev/null &`)
    await start('leaver', 'sleep 1000')
    await start('leaver', `sh -c 'trap "" TERM; while :; do sleep 1; done'`)
    await start('other', 'sleep 1001')
    await converge(userKind, { name: 'leaver', state: 'absent' })
    expect(await exec('getent passwd leaver || ls -d /home/leaver')).toBe('/home/leaver')
    expect(await exec('pgrep -u other -c sleep')).toBe('1')
    await converge(userKind, { name: 'other', state: 'absent', removeHome: true })
    await exec('test ! -e /home/other')
  })

  it('C14: while a service runs as it, nobody is removed, and nobody gets another number', async () => {
    await exec('useradd -m svc2; systemd-run --uid=svc2 --unit=shop2 sleep 1000')
    const refused = async (desired: User) => {
      const { body } = await asRoot(
        probeScript(NONCE, [{ id: 'one', script: scriptOf(userKind, [desired]), timeout: 20 }]),
      )
      return userKind.obstacles?.(own(body), [desired]).get('svc2')?.message
    }
    expect(await refused({ name: 'svc2', state: 'absent' })).toMatch(/sleep \(\d+\) of shop2\.service$/)
    expect(await refused({ name: 'svc2', uid: 3999 })).toMatch(/another number or home while .* of shop2\.service$/)
    await exec('systemctl stop shop2')
    expect(await refused({ name: 'svc2', state: 'absent' })).toBeUndefined()
  })

  it('C28: an account that is there keeps its home and shell', async () => {
    const desired: User = { name: 'www-data', createOnly: true, system: true, home: '/srv/shop', shell: '/bin/false' }
    const before = await exec('getent passwd www-data')
    expect(await plan(userKind, [desired])).toEqual([])
    await expect(plan(userKind, [{ name: 'www-data', home: '/srv/shop' }])).rejects.toThrow('not moved by itself')
    expect(await exec('getent passwd www-data')).toBe(before)
  })
})

describe('authorized keys', () => {
  const key = (comment: string) => {
    const file = `${lab.dir}/${comment}-key`
    execFileSync('sh', ['-c', `[ -e "$1" ] || ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1"`, 'sh', file, comment])
    return execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' }).trim()
  }
  const FILE = '/home/ann/.ssh/authorized_keys'
  const bare = (name: string) => key(name).split(' ').slice(0, 2).join(' ')
  const login = (name: string) =>
    run`ssh ${sshArguments(lab, host).slice(0, -1)} -o IdentitiesOnly=yes -i ${`${lab.dir}/${name}-key`} ${`ann@${host.address}`} id -un`

  it('let their user in, beside what is there', async () => {
    const [one, two] = [key('one'), key('two')]
    expect(await converge(authorizedKeyKind, { user: 'ann', keys: [one] })).toEqual([expect.stringMatching(/one$/)])
    expect(await exec('stat -c "%U %a" /home/ann/.ssh /home/ann/.ssh/authorized_keys')).toBe('ann 700\nann 600')
    await exec(`printf '# mine\\n%s' 'ssh-rsa junk' >>${FILE}`)
    await converge(authorizedKeyKind, { user: 'ann', keys: [`from="${SPEC.subnet}.0/24",no-pty ${two}`] })
    expect(await exec(`cat ${FILE}`)).toBe(`${one}\n# mine\nssh-rsa junk\nfrom="${SPEC.subnet}.0/24",no-pty ${two}`)
    expect((await login('one')).stdout.trim()).toBe('ann')
  })

  it('are the only ones where that is declared, and modes are repaired', async () => {
    await exec(`chmod 755 /home/ann/.ssh; chmod 644 ${FILE}; chown root: /home/ann/.ssh ${FILE}`)
    const seen = await converge(authorizedKeyKind, { user: 'ann', keys: [key('two')], exclusive: true })
    expect(seen).toContain('key: ssh-rsa junk -> ')
    expect(await exec(`cat ${FILE}; stat -c "%U %a" /home/ann/.ssh ${FILE}`)).toBe(
      `# mine\n${key('two')}\nann 700\nann 600`,
    )
  })

  it('go, and a auto-revert puts them back', async () => {
    const changes = await plan(authorizedKeyKind, [{ user: 'ann', keys: [key('two')], state: 'absent' as const }])
    const autoRevert = authorizedKeyKind.autoRevert?.(changes)
    if (!autoRevert) throw new Error('no auto-revert')
    const snapshot = rawScript('SNAPSHOT=/root/snap; export SNAPSHOT; rm -rf /root/snap; mkdir -m 700 /root/snap')
    const before = await exec(`cat ${FILE}`)
    const script = joinScripts([snapshot, autoRevert.snapshot, authorizedKeyKind.apply(changes)])
    expect(await asRoot(applyScript(NONCE, sh`return 0`, [{ id: 'one', script, timeout: 20 }]))).toMatchObject({
      status: 0,
    })
    expect(await exec(`cat ${FILE}`)).toBe('# mine')
    await exec(`SNAPSHOT=/root/snap; export SNAPSHOT\n${autoRevert.restore.sh}`)
    expect(await exec(`cat ${FILE}; stat -c "%U %a" ${FILE}`)).toBe(`${before}\nann 600`)
    expect(authorizedKeys({ user: 'ann', keys: [] }).kind.autoRevert?.([])).toBeUndefined()
  })

  it('never follow a link that the user made', async () => {
    const desired = { user: 'ann', keys: [key('one')], exclusive: true }
    await exec(`install -m 600 -o root /dev/null /etc/victim; ln -sf /etc/victim ${FILE}`)
    await converge(authorizedKeyKind, desired)
    expect(await exec(`cat /etc/victim; stat -c "%U %F" ${FILE}`)).toBe('ann regular file')
    await exec('rm -rf /home/ann/.ssh; mkdir -p /etc/victims; ln -s /etc/victims /home/ann/.ssh')
    await expect(plan(authorizedKeyKind, [desired])).rejects.toThrow('is a symlink: it is not followed')
    // Made a link after the plan was made.
    const done = await apply(authorizedKeyKind, [{ action: 'update', desired, actual: 'absent', fields: [] }])
    expect(done.status).toBe(1)
    expect(done.body).toContain('is a link')
    expect(await exec('ls -A /etc/victims; stat -c %U /etc/victims; rm /home/ann/.ssh')).toBe('root')
  })

  it('C63: a file with CRLF has the wanted line once, and what is not ours as it was', async () => {
    await exec(
      `install -d -m 700 -o ann -g ann /home/ann/.ssh; printf '# mine\\r\\n%s\\r\\n%s\\r\\n' ${quote(bare('one'))} ${quote(key('two'))} >${FILE}`,
    )
    await converge(authorizedKeyKind, { user: 'ann', keys: [`no-pty ${bare('one')}`] })
    expect(await exec(`cat -A ${FILE}`)).toBe(`# mine^M$\n${key('two')}^M$\nno-pty ${bare('one')}$`)
  })

  it('C25: an exclusive list is so in authorized_keys2 as well, which sshd reads by default', async () => {
    await exec(`printf '%s\\n' ${quote(key('two'))} >${FILE}2; chown ann: ${FILE}2`)
    const seen = await converge(authorizedKeyKind, { user: 'ann', keys: [key('one')], exclusive: true })
    expect(seen.filter((text) => text.includes('two'))).toHaveLength(2)
    expect(await exec(`cat ${FILE}2`)).toBe('')
    expect((await login('two')).exitCode).not.toBe(0)
  })

  it('C25: keys go where sshd looks, as it says itself or as it is about to be told', async () => {
    const PLACE = '/etc/ssh/authorized_keys'
    await exec(`rm -rf /home/ann/.ssh`)
    const told = { user: 'ann', keys: [key('one')], file: `${PLACE}/%u` }
    await converge(authorizedKeyKind, told)
    expect(await exec(`stat -c '%U %a' ${PLACE} ${PLACE}/ann; ls -A /home/ann | grep ssh || :`)).toBe(
      'root 755\nroot 644',
    )
    const deploy = await exec('cat /home/deploy/.ssh/authorized_keys')
    await converge(authorizedKeyKind, { ...told, user: 'deploy', keys: deploy.split('\n') })

    await exec(`echo 'AuthorizedKeysFile ${PLACE}/%u' >/etc/ssh/sshd_config.d/10-place.conf; systemctl reload ssh`)
    expect((await login('one')).stdout.trim()).toBe('ann')
    expect(await plan(authorizedKeyKind, [{ user: 'ann', keys: [key('one')] }])).toEqual([])
    await converge(authorizedKeyKind, { user: 'ann', keys: [key('two')], exclusive: true })
    expect(await exec(`cat ${PLACE}/ann`)).toBe(key('two'))
    expect((await login('one')).exitCode).not.toBe(0)
    expect((await login('two')).stdout.trim()).toBe('ann')

    const changes = await plan(authorizedKeyKind, [{ user: 'ann', keys: [key('two')], state: 'absent' as const }])
    const autoRevert = authorizedKeyKind.autoRevert?.(changes)
    if (!autoRevert) throw new Error('no auto-revert')
    const snapshot = rawScript('SNAPSHOT=/root/snap2; export SNAPSHOT; mkdir -m 700 /root/snap2')
    const script = joinScripts([snapshot, autoRevert.snapshot, authorizedKeyKind.apply(changes)])
    expect(await asRoot(applyScript(NONCE, sh`return 0`, [{ id: 'one', script, timeout: 20 }]))).toMatchObject({
      status: 0,
    })
    expect(await exec(`cat ${PLACE}/ann`)).toBe('')
    await exec(`SNAPSHOT=/root/snap2; export SNAPSHOT\n${autoRevert.restore.sh}`)
    expect(await exec(`cat ${PLACE}/ann; stat -c '%U %a' ${PLACE}/ann`)).toBe(`${key('two')}\nroot 644`)

    await exec('mkdir -m 777 /srv/open; touch /srv/open/ann')
    const open = { ...told, file: '/srv/open/%u' }
    await expect(plan(authorizedKeyKind, [open])).rejects.toThrow('others than root can write')
    await exec('rm /srv/open/ann')
    expect(await apply(authorizedKeyKind, await plan(authorizedKeyKind, [open]))).toMatchObject({
      status: 1,
      body: expect.stringContaining('others than root can write to /srv/open'),
    })
    await exec(`rm /etc/ssh/sshd_config.d/10-place.conf; systemctl reload ssh`)
  })

  it('need a user', async () => {
    const done = await apply(
      authorizedKeyKind,
      await plan(authorizedKeyKind, [{ user: 'nobody-here', keys: [key('one')] }]),
    )
    expect(done).toMatchObject({ status: 1, body: expect.stringContaining('there is no user nobody-here') })
  })
})
