import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CompiledResource } from '../../src/catalog/compiled.ts'
import { askTogether, readTogether } from '../../src/observe/batch.ts'
import { planHost } from '../../src/plan/planner.ts'
import { hostQuestions } from '../../src/plan/questions.ts'
import { mysqlDatabaseKind } from '../../src/products/mysql/kinds/database.ts'
import { mysqlReplicationKind } from '../../src/products/mysql/kinds/replication.ts'
import { isServerData } from '../../src/products/mysql/kinds/server.ts'
import { mysqlUserKind } from '../../src/products/mysql/kinds/user.ts'
import { mysqlVariableKind } from '../../src/products/mysql/kinds/variable.ts'
import { command } from '../../src/resources/command.ts'
import { directory } from '../../src/resources/directory.ts'
import { file } from '../../src/resources/file.ts'
import { fileSet } from '../../src/resources/file-set/file-set.ts'
import type { Resource } from '../../src/resources/resource.ts'
import { symlink } from '../../src/resources/symlink.ts'
import { sysctl } from '../../src/resources/sysctl/sysctl.ts'
import { systemdUnit } from '../../src/resources/systemd-unit/systemd-unit.ts'
import { ufwRule } from '../../src/resources/ufw/ufw.ts'
import { parseFrame } from '../../src/shell/frame.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { run, scratch } from '../resources/converge.ts'
import { dash } from '../shell/dash.ts'

const compiled = ({ kind, desired, notify }: Resource): CompiledResource => ({
  ...{ kind, desired, notify, role: 'site' },
  key: `${kind.kind}:${kind.key(desired)}`,
})
// A constructor gives the kind's own types, which a list of several kinds can't have.
const listed = (resources: readonly unknown[]) => resources as readonly Resource[]

/** Plans as a run does: one script for all kinds. `mounts`: lines of mountinfo; `before`: functions in place of programs. */
function planned(resources: readonly unknown[], { mounts = '', before = '' } = {}) {
  const all = listed(resources).map(compiled)
  const questions = hostQuestions(rawScript(':'), all, '/nonexistent')
  const info = join(scratch(), 'mountinfo')
  writeFileSync(info, `20 1 0:20 / / rw,relatime - ext4 /dev/sda1 rw\n${mounts}`)
  const script = askTogether('t', questions).sh.replaceAll('/proc/self/mountinfo', info)
  // Inside of the shell that asks: a function of another one is not seen.
  const ran = dash(script.replace('(\nprovision_files() {', `(\n${before}\nprovision_files() {`))
  const observed = readTogether(questions, parseFrame('t', ran.stdout))
  return planHost({ host: 'h', tier: 't', resources: all, observed, state: { pendingHandlers: [], generation: '' } })
}
const problems = (...args: Parameters<typeof planned>) =>
  planned(...args).plan.items.map(({ action, problem }) => problem ?? action)
const apply = (plan: ReturnType<typeof planned>) => {
  for (const { steps } of plan.segments) {
    for (const [{ resource, change }] of steps) {
      expect(run(resource.kind.apply([change])), resource.key).toMatchObject({ status: 0 })
    }
  }
}
const mount = (point: string, options = 'rw') =>
  `36 20 8:1 /x ${point.replaceAll(' ', '\\040')} ${options} master:1 - ext4 /dev/sdb1 rw\n`

it('kinds that change files of their own only clear no way for others', () => {
  const { kind, desired } = ufwRule({ action: 'allow', port: 22 })
  expect(kind.affects?.(desired, '/srv/site')).toBe(false)
  for (const own of [mysqlDatabaseKind, mysqlUserKind, mysqlVariableKind, mysqlReplicationKind]) {
    expect(own.affects, own.kind).toBe(isServerData)
  }
  expect(isServerData(undefined, '/srv/site')).toBe(false)
  expect(isServerData(undefined, '/var/lib/mysql/shop')).toBe(true)
})

describe('C21: a file or link whose directory is missing', () => {
  it('is refused in the plan, with the directory and what to do', () => {
    const path = join(scratch(), 'cron.d')
    const { items } = planned([file({ path: `${path}/job`, content: 'x' })]).plan
    expect(items).toMatchObject([
      {
        action: 'unknown',
        problem: `there is no directory ${path}`,
        hint: expect.stringContaining('directory({ path:'),
      },
    ])
    expect(problems([symlink({ path: `${path}/job`, target: '/x' })])).toEqual([`there is no directory ${path}`])
    // It would hold a file, if it were a directory.
    writeFileSync(path, '')
    expect(problems([file({ path: `${path}/job`, content: 'x' })])).toEqual([`there is no directory ${path}`])
  })

  it('is planned where one before it may make it, and only then', () => {
    const dir = join(scratch(), 'a')
    const late = file({ path: `${dir}/b/f`, content: 'x' })
    for (const before of [
      directory({ path: `${dir}/b` }),
      directory({ path: `${dir}/b/c/d` }),
      symlink({ path: dir, target: '/tmp' }),
      command({ name: 'unpack', run: sh`true` }),
      fileSet({ name: 's', root: `${dir}/b`, files: { x: { content: '' } }, validate: sh`:` }),
    ]) {
      expect(problems([before, late]).at(-1)).toBe('create')
    }
    const other = join(scratch(), 'f')
    for (const before of [
      directory({ path: dir }),
      file({ path: other, content: 'x' }),
      symlink({ path: other, target: '/x' }),
    ]) {
      expect(problems([before, late]).at(-1), before.kind.kind).toBe(`there is no directory ${dir}/b`)
    }
    expect(problems([late, directory({ path: `${dir}/b` })])[0]).toBe(`there is no directory ${dir}/b`)
    for (const before of [
      sysctl({ name: 'net.core.somaxconn', value: 4095 }),
      systemdUnit({ unit: 'provision-test.service', content: '[Service]\nExecStart=/bin/true\n' }),
    ]) {
      expect(problems([before, late]), before.kind.kind).toEqual([expect.anything(), `there is no directory ${dir}/b`])
    }
    // What is as declared makes nothing.
    mkdirSync(dir)
    expect(problems([directory({ path: dir }), late])).toEqual(['none', `there is no directory ${dir}/b`])
  })

  it('is nothing to say where it is there, or nothing is to do', () => {
    const dir = scratch()
    expect(problems([file({ path: join(dir, 'f') }), file({ path: join(dir, 'no/f'), state: 'absent' })])).toEqual([
      'create',
      'none',
    ])
  })

  it('is told by the script, too', () => {
    const dir = join(scratch(), 'a')
    const plan = planned([directory({ path: join(dir, 'b') }), file({ path: join(dir, 'b/f'), content: 'x' })])
    const [, last] = plan.segments[0]?.steps ?? []
    if (!last) throw new Error('no step')
    expect(run(last[0].resource.kind.apply([last[0].change]))).toMatchObject({
      status: 1,
      output: `${dir}/b/f: its directory is missing`,
    })
  })
})

describe('C18: a symlink where a directory is declared', () => {
  it('is refused in the plan, and so is a file', () => {
    const dir = scratch()
    mkdirSync(join(dir, 'disk'))
    symlinkSync('disk', join(dir, 'www'))
    writeFileSync(join(dir, 'f'), '')
    const [link] = planned([directory({ path: join(dir, 'www') })]).plan.items
    expect(link).toMatchObject({
      problem: `${dir}/www is a symlink to disk: it will not be replaced by a directory`,
      hint: expect.stringContaining('follow: true'),
    })
    expect(problems([directory({ path: join(dir, 'f') })])[0]).toContain('f is a file: it will not be')
  })

  it('counts with follow: its mode is that of the directory it leads to, and what is below it is made', () => {
    const dir = scratch()
    mkdirSync(join(dir, 'disk'))
    chmodSync(join(dir, 'disk'), 0o700)
    symlinkSync(join(dir, 'disk'), join(dir, 'www'))
    const path = join(dir, 'www')
    const wanted = [
      directory({ path, mode: '0755', follow: true }),
      directory({ path: `${path}/img` }),
      file({ path: `${path}/index.html`, content: 'hi' }),
    ]
    const plan = planned(wanted)
    expect(plan.plan.items[0]?.fields).toEqual([{ field: 'mode', from: '0700', to: '0755' }])
    apply(plan)
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(statSync(join(dir, 'disk')).mode & 0o7777).toBe(0o755)
    expect(readdirSync(join(dir, 'disk'))).toEqual(['img', 'index.html'])
    expect(problems(wanted)).toEqual(['none', 'none', 'none'])
    symlinkSync('nowhere', join(dir, 'broken'))
    expect(problems([directory({ path: join(dir, 'broken'), follow: true })])[0]).toContain('is a symlink to nowhere')
  })
})

describe('another type than declared', () => {
  it('is refused in the plan, unless it goes before', () => {
    const dir = scratch()
    const at = (name: string) => join(dir, name)
    mkdirSync(at('d'))
    writeFileSync(at('f'), '')
    const refused = (resource: unknown) => problems([resource])[0]
    expect(refused(file({ path: at('d'), content: 'x' }))).toBe(
      `${at('d')} is a directory: it will not be replaced by a file`,
    )
    expect(refused(file({ path: at('d'), state: 'absent' }))).toContain('it will not be removed as a file')
    expect(refused(symlink({ path: at('d'), target: 'x' }))).toContain('it will not be replaced by a symlink')
    expect(refused(symlink({ path: at('f'), state: 'absent' }))).toContain('it will not be removed as a symlink')
    expect(refused(directory({ path: at('f'), state: 'absent' }))).toContain('it will not be removed as a directory')
    // A link takes the place of a file.
    expect(refused(symlink({ path: at('f'), target: 'x' }))).toBe('update')
    const gone = directory({ path: at('d'), state: 'absent' })
    const plan = planned([gone, file({ path: at('d'), content: 'x' })])
    expect(plan.plan.items.map(({ action }) => action)).toEqual(['delete', 'update'])
    apply(plan)
    expect(readFileSync(at('d'), 'utf8')).toBe('x')
  })
})

describe('C17: a mount point', () => {
  it('that is a file is written in place, and the plan says so', () => {
    const dir = join(scratch(), 'with blank')
    mkdirSync(dir)
    const path = join(dir, 'hosts')
    writeFileSync(path, 'old\n')
    chmodSync(path, 0o640)
    const mounts = mount(path)
    const inode = statSync(path).ino
    const plan = planned([file({ path, content: 'new\n' })], { mounts })
    expect(plan.plan.items[0]).toMatchObject({ action: 'update', notes: [expect.stringContaining('written in place')] })
    apply(plan)
    expect(readFileSync(path, 'utf8')).toBe('new\n')
    expect(statSync(path)).toMatchObject({ ino: inode, mode: 0o100640 })
    expect(readdirSync(dir)).toEqual(['hosts'])
    expect(planned([file({ path, content: 'new\n' })], { mounts }).plan.items[0]).not.toHaveProperty('notes')
    // Not valid: what is there stays.
    apply(planned([file({ path, content: 'newer\n', mode: '0600', validate: sh`grep -q newer "$file"` })], { mounts }))
    expect(statSync(path)).toMatchObject({ ino: inode, mode: 0o100600 })
  })

  it('is never replaced by a link, removed, or moved over by a set of files', () => {
    const dir = scratch()
    const path = join(dir, 'hosts')
    writeFileSync(path, 'old\n')
    const refused = (resource: unknown, mounts = mount(path)) => problems([resource], { mounts })[0]
    expect(refused(symlink({ path, target: '/x' }))).toBe(`${path} is a mount point: it can't be replaced`)
    expect(refused(file({ path, state: 'absent' }))).toBe(`${path} is a mount point: it can't be removed`)
    const set = (files: Record<string, { content: string }>) =>
      fileSet({ name: 's', root: dir, files, validate: sh`:` })
    expect(refused(set({ hosts: { content: 'x' } }))).toBe(`${path} is a mount point: it can't be replaced`)
    expect(refused(set({ hosts: { content: 'old\n' }, other: { content: 'x' } }))).toBe('update')
    mkdirSync(join(dir, 'tree/data'), { recursive: true })
    const tree = { path: join(dir, 'tree'), state: 'absent', recurse: true } as const
    expect(refused(directory(tree), mount(join(dir, 'tree/data')))).toContain('a file system is mounted below')
    expect(refused(directory(tree), mount(join(dir, 'tree')))).toContain("is a mount point: it can't be removed")
    expect(refused(directory({ path: join(dir, 'tree'), mode: '0700' }), mount(join(dir, 'tree')))).toBe('update')
  })

  it('that is read-only is told, for what is below it too', () => {
    const dir = scratch()
    writeFileSync(join(dir, 'f'), 'old\n')
    const wanted = [
      file({ path: join(dir, 'f'), content: 'new\n' }),
      file({ path: join(dir, 'g'), content: 'new\n' }),
      file({ path: join(dir, 'f'), content: 'old\n' }),
    ]
    const mounts = mount(dir, 'ro,relatime')
    expect(wanted.flatMap((one) => problems([one], { mounts }))).toEqual([
      `${dir}/f is on a file system that is mounted read-only`,
      `${dir}/g is on a file system that is mounted read-only`,
      'none',
    ])
    // What is mounted over it later counts.
    expect(problems([wanted[0]], { mounts: `${mounts}${mount(dir)}` })).toEqual(['update'])
  })
})

it('C17: an immutable file is refused in the plan', () => {
  const path = join(scratch(), 'resolv.conf')
  writeFileSync(path, 'old\n')
  const before = `lsattr() { echo "----i---------e------- $3"; }`
  const [item] = planned([file({ path, content: 'new\n' })], { before }).plan.items
  expect(item).toMatchObject({
    problem: expect.stringContaining('is immutable'),
    hint: `on the host: chattr -i ${path}`,
  })
  expect(problems([file({ path, content: 'old\n' })], { before })).toEqual(['none'])
})

it('C19: the mode of what has an ACL is told as its mask', () => {
  const dir = scratch()
  const names = ['a', 'b']
  for (const name of names) {
    writeFileSync(join(dir, name), 'old\n')
    chmodSync(join(dir, name), 0o664)
  }
  const before = `ls() { command ls "$@" | sed '2s/^\\(..........\\)/\\1+/'; }`
  const wanted = (mode: string) => names.map((name) => file({ path: join(dir, name), content: 'old\n', mode }))
  const notes = (mode: string) => planned(wanted(mode), { before }).plan.items.map(({ notes: told }) => told)
  expect(notes('0640')).toEqual([undefined, [expect.stringContaining('it has an ACL, which stays')]])
  expect(notes('0640')[1]?.[0]).toContain('mode 0640 makes r the most that')
  expect(notes('0664')).toEqual([undefined, undefined])
  expect(notes('0660')).toEqual([undefined, undefined])
})
