import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/facts/facts.ts'
import { type Prepared, prepare } from '../../src/run/prepare.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

/** What is told of a project whose hosts have these roles. */
const told = (roles: Record<string, string>, more: Record<string, string> = {}): Promise<string[]> =>
  problemsOf(() => prepared(roles, more), true)

const prepared = (roles: Record<string, string>, more: Record<string, string> = {}): Promise<Prepared> => {
  const root = projectFolder({
    'inventories/site.yml': `tiers: [{ name: web, roles: [${Object.keys(roles).join(', ')}] }]`,
    'inventories/prod/hosts.yml':
      'tiers: { web: { hosts: { web1: { address: 192.0.2.1 }, web2: { address: 192.0.2.2 } } } }',
    ...Object.fromEntries(Object.entries(roles).map(([name, text]) => [`roles/${name}/index.ts`, text])),
    ...more,
  })
  return prepare({ root, inventory: 'prod', limit: [], tags: [], vars: [] })
}

const FACTS: Facts = {
  os: { id: 'debian', versionId: '13', codename: 'trixie' },
  arch: 'amd64',
  hostname: 'web1',
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 257,
  virtualization: 'none',
  defaultInterface: 'eth0',
  addresses: { eth0: ['192.0.2.1'] },
}

/** A role of one file; its resources begin in line 7. */
const role = (
  name: string,
  resources: string,
  imports: string,
  vars = '{}',
): string => `import { defineRole, ${imports} } from 'provision'

export default defineRole({
  name: '${name}', description: 'Test role.', vars: ${vars},
  resources({ vars, template }) {
    return [
${resources}
    ]
  },
})
`

describe('fields of a resource', () => {
  it('C40: one that the kind does not have is told with the right name, file and line, once for all hosts', async () => {
    const resources = `      directory({ path: '/srv/a', modee: '0750' }),
      service({
        name: 'ssh',
        stat: 'stopped',
      }),
      ...['a'].map((name) => fileSet({ name, root: '/a', validate: sh\`:\`, files: { x: { content: '', owner: 'b', moed: '1' } } })),
      ...allowFrom(['192.0.2.1'], { prot: 80, comment: 'x' }),`
    expect(await told({ r: role('r', resources, 'allowFrom, directory, fileSet, service, sh') })).toEqual([
      "roles/r/index.ts:7:1 role 'r': directory:/srv/a: unknown field 'modee' {web1, web2} (did you mean 'mode'?)",
      "roles/r/index.ts:8:1 role 'r': service:ssh.service: unknown field 'stat' {web1, web2} (did you mean 'state'?)",
      "roles/r/index.ts:12:1 role 'r': file-set:a: unknown field 'moed' {web1, web2} (did you mean 'mode'?)",
      "roles/r/index.ts:13:1 role 'r': ufw: unknown field 'prot' {web1, web2} (did you mean 'port'?)",
    ])
  })

  it('C41: what was given and is undefined is told where it is meant; what may be left out may be undefined', async () => {
    const resources = `      file({ path: '/etc/token', content: vars.ops_typo }),
      file({ path: vars.ops_path, content: '' }),
      fileSet({ name: 's', root: '/s', validate: sh\`:\`, files: { x: { content: vars.ops_typo } } }),
      ufwRule({ action: 'allow', port: 22, from: vars.ops_typo }),
      file({ path: '/etc/ok', validate: undefined, mode: undefined, state: undefined }),`
    const problems = await told({ r: role('r', resources, 'file, fileSet, sh, ufwRule') })
    expect(problems.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      "roles/r/index.ts:7:1 role 'r': file:/etc/token: content was given and is undefined {web1, web2}",
      "roles/r/index.ts:8:1 role 'r': file: path was given and is undefined {web1, web2}",
      "roles/r/index.ts:9:1 role 'r': file-set:s: 'content' of files.x was given and is undefined {web1, web2}",
      "roles/r/index.ts:10:1 role 'r': ufw: from was given and is undefined {web1, web2}",
    ])
  })

  it('sh is a script: text, in which nobody quoted a value, is told with how it is written, wherever sh is wanted', async () => {
    const resources = `      file({ path: '/a', validate: 'test -s "$file"' }),
      fileSet({ name: 's', root: '/s', files: {}, validate: { sh: 'true' } }),
      command({ name: 'x', run: ['echo ', 'y'], unless: 'test -e ' + host.name }),
      file({ path: '/b', notify: [handler({ id: 'h', run: 'true' })] }),`
    const roles = { r: role('r', resources, 'command, file, fileSet, handler').replace('{ vars,', '{ host, vars,') }
    const how = (name: string) =>
      `(put sh in front of it, and write values as \${…}: each becomes one quoted word. ${name}: sh\`test -e \${path}\`; import { sh } from 'provision')`
    const made = 'must be a script, as sh`…` makes it {web1, web2}'
    expect(await told(roles)).toEqual([
      `roles/r/index.ts:10:1 role 'r': handler(): run is a string, ${made} ${how('run')}`,
    ])
    const others = { r: (roles.r ?? '').replace("run: 'true'", 'run: sh`true`').replace('handler }', 'handler, sh }') }
    expect(await told(others)).toEqual([
      `roles/r/index.ts:7:1 role 'r': file:/a: validate is a string, ${made} ${how('validate')}`,
      `roles/r/index.ts:8:1 role 'r': file-set:s: validate is a mapping, ${made} (sh\`…\` that fails when the staged copy of \`root\`, \`"$STAGE"\`, is not valid: nothing is then changed. \`nginx -t -q -c "$STAGE/nginx.conf"\`.)`,
      `roles/r/index.ts:9:1 role 'r': command:x: run is a list, ${made} ${how('run')}`,
      `roles/r/index.ts:9:1 role 'r': command:x: unless is a string, ${made} ${how('unless')}`,
    ])
  })

  it('C42: a value of the wrong kind is told with what is wanted', async () => {
    const resources = `      file({ path: '/a', content: { a: 1 }, mode: 600 }),
      service({ name: 'ssh', enabled: 'yes', state: 'startd' }),
      authorizedKeys({ user: 'ann', keys: 'ssh-ed25519 AAAA' }),
      user({ name: 'ann', passwordHash: 'plain' }),
      pkg({ name: 'x', notify: 'restart x' }),
      pkg({ name: 'y', notify: [undefined] }),
      directory({ path: '/b', mode: 'u+x' }),
      pkg({}),`
    const problems = await told({ r: role('r', resources, 'authorizedKeys, directory, file, pkg, service, user') })
    expect(problems).toEqual([
      "roles/r/index.ts:7:1 role 'r': file:/a: content is a mapping, must be text: a string, what template() gives, or a list of strings and secrets; or bytes {web1, web2} (What is in it. Not set: the content is not managed, and a new file is empty.)",
      "roles/r/index.ts:7:1 role 'r': file:/a: mode is the number 600, must be a string {web1, web2} (Octal digits as text: '0644'. Not set: a present mode stays.)",
      "roles/r/index.ts:8:1 role 'r': service:ssh.service: enabled is a string, must be true or false {web1, web2} (Starts at boot. Static and generated units can not be enabled or disabled and count as they should be. Not set: as it is.)",
      "roles/r/index.ts:8:1 role 'r': service:ssh.service: state is \"startd\", must be one of started, stopped {web1, web2} (did you mean 'started'?)",
      "roles/r/index.ts:9:1 role 'r': authorized-key: keys is a string, must be a list {web1, web2} (A list of whole lines: `ssh-ed25519 AAAA… comment`, with options before the type where they are wanted.)",
      "roles/r/index.ts:10:1 role 'r': user:ann: passwordHash is a string, must be a secret: a var with `secret: true`, or secret(…) {web1, web2} (As crypt(5) makes it (`mkpasswd -m yescrypt`), never the password itself. Not set: as it is.)",
      "roles/r/index.ts:11:1 role 'r': package:x: notify is a string, must be a list {web1, web2} (Handlers that a change of this resource calls for: reload(…), restart(…).)",
      "roles/r/index.ts:12:1 role 'r': package:y: notify[0] is undefined, must be a handler, as reload(…), restart(…) or handler({ … }) make it {web1, web2}",
      "roles/r/index.ts:13:1 role 'r': directory:/b: mode is \"u+x\": not valid {web1, web2} (Octal digits as text: '0644'. Not set: a present mode stays.)",
      "roles/r/index.ts:14:1 role 'r': package: it needs name {web1, web2} (Real package, not a virtual one; `libc6:i386` for another architecture than the host's.)",
    ])
  })

  it('a secret in a field that is shown is refused, and what is no resource at all', async () => {
    const resources = `      pkg({ name: vars.r_name }),
      host.name === '' && pkg({ name: 'x' }),
      [pkg({ name: 'aa' }), [], [undefined, [{ kind: 'package' }, null, vars.r_empty && pkg({ name: 'y' })]]],
      file({ path: 'etc/relative' }),
      pkg({ name: 'A b' }),
      ufwRule({ action: 'allow', port: '80,443' }),`
    const vars =
      "{ r_name: { type: 'string', secret: true, description: 'Name.', default: 'hunter22' }, r_empty: { type: 'string', description: 'No.', default: '' } }"
    const text = role('r', resources, 'file, pkg, ufwRule', vars).replace('{ vars,', '{ host, vars,')
    expect(await told({ r: text })).toEqual([
      expect.stringMatching(/^roles\/r\/index\.ts:7:1 role 'r': package: name is a secret, must be a string \{/),
      expect.stringMatching(/^role 'r': element 3 of what resources\(\) returns is no resource, but an object \{/),
      expect.stringMatching(/^role 'r': element 4 of what resources\(\) returns is no resource, but null \{/),
      expect.stringMatching(
        /^role 'r': element 5 of what resources\(\) returns is no resource, but '' \{.*wanted && file/,
      ),
      expect.stringMatching(/^roles\/r\/index\.ts:10:1 role 'r': .*etc\/relative.* \{web1, web2\}/),
      expect.stringMatching(/^roles\/r\/index\.ts:11:1 role 'r': "A b" is not the name of a package \{web1, web2\}/),
      expect.stringMatching(/^roles\/r\/index\.ts:12:1 role 'r': ufw rule: several ports need a proto \{web1, web2\}/),
    ])
  })
})

describe('a mistake of a role or a template', () => {
  it('C43: a name that provision does not export is told at its line, with the right one, without a hint about secrets', async () => {
    const uses = `      comand({ name: 'x', run: vars.r_token }),`
    const vars = "{ r_token: { type: 'string', secret: true, description: 'Token.', default: 'hunter22' } }"
    expect(await told({ r: role('r', uses, 'comand', vars) })).toEqual([
      "roles/r/index.ts:7:1 role 'r': 'provision' exports no 'comand' {web1, web2} (did you mean 'command'?)",
    ])
  })

  it('C43: one that is used while the role is loaded, too', async () => {
    const text = role('r', '', 'fil, file').replace(
      'export default',
      "const it = fil({ path: '/a' })\n\nexport default",
    )
    expect(await told({ r: text })).toEqual([
      "roles/r/index.ts:3:1 role 'r' can't be loaded: 'provision' exports no 'fil' (did you mean 'file'?)",
    ])
  })

  it('C43: what a role throws is told with its line, once for all hosts', async () => {
    const uses = `      ...vars.r_list.flatMap((one) => one.names.sort()),`
    const vars = "{ r_list: { type: 'array', description: 'List.', default: [{}] } }"
    expect(await told({ r: role('r', uses, 'file', vars) })).toEqual([
      "roles/r/index.ts:7:1 role 'r': Cannot read properties of undefined (reading 'sort') {web1, web2}",
    ])
  })

  it.each([
    ['<%= prt %>', "'prt' is not set", "did you mean 'port'? In: <%= prt %>"],
    ['<%= host.nmae %>', "'host.nmae' is not set", "did you mean 'name'? In: <%= host.nmae %>"],
    ['<%= host.name %> <%= host.adress %> <%= port %>', "'host.adress' is not set", /^did you mean 'address'\? In: /],
    ['<%= quite_another %>', "'quite_another' is not set", '<%= quite_another %>'],
  ])(
    'C43: a misspelt name in a template is told at its line, once, with the name of the data: %s',
    async (line, message, hint) => {
      const uses = `      file({ path: '/a', content: template('a', { port: 80 }) }),`
      const problems = await told({ r: role('r', uses, 'file') }, { 'templates/r/a.ejs': `first\n${line}\n` })
      const [start, end = ''] = problems[0]?.split(' {web1, web2} (') ?? []
      expect(problems).toHaveLength(1)
      expect(start).toBe(`templates/r/a.ejs:2:1 role 'r': template: ${message}`)
      if (typeof hint === 'string') expect(end.slice(0, -1)).toBe(hint)
      else expect(end).toMatch(hint)
    },
  )
})

describe('the same thing declared by several roles', () => {
  const socat = (more: string): string => `      pkg({ name: 'socat'${more} }),`

  it('C44: is one when they declare it alike; what has a default may be left out', async () => {
    const roles = {
      a: role('a', socat(", notify: [restart('a')]"), 'pkg, restart'),
      b: role('b', socat(", state: 'present', notify: [restart('a'), restart('b')]"), 'pkg, restart'),
    }
    expect(await told(roles)).toEqual([])
    const { compiler, hosts } = await prepared(roles)
    const resources = hosts.map((host) => compiler.compile(host, FACTS).resources)
    expect(resources.map((all) => all.map(({ key, notify }) => `${key} ${notify.map(({ id }) => id)}`))).toEqual([
      ['package:socat restart a,restart b'],
      ['package:socat restart a,restart b'],
    ])
  })

  it('C44: which differs names both places and the fields', async () => {
    const rule = (comment: string) => `      ufwRule({ action: 'allow', port: 22, comment: '${comment}' }),`
    const roles = {
      a: role('a', `${socat('')}\n${rule('one')}`, 'pkg, ufwRule'),
      b: role('b', `\n${socat(", hold: true, version: '1.*'")}\n${rule('two')}`, 'pkg, ufwRule'),
    }
    expect(await told(roles)).toEqual([
      "roles/b/index.ts:8:1 package:socat is declared by role 'a' (roles/a/index.ts:7) and by role 'b' (roles/b/index.ts:8), and they differ in hold (not set, true), version (not set, 1.*) {web1, web2} (declare it alike in both, or in one of them only)",
      "roles/b/index.ts:9:1 ufw:in from any to any port 22 is declared by role 'a' (roles/a/index.ts:8) and by role 'b' (roles/b/index.ts:9), and they differ in comment (one, two) {web1, web2} (declare it alike in both, or in one of them only)",
    ])
  })

  it('C44: secrets are compared and never shown', async () => {
    const user = (hash: string) => `      user({ name: 'ann', passwordHash: secret('${hash}') }),`
    const made = (second: string) => ({
      a: role('a', user('hunter22'), 'secret, user'),
      b: role('b', user(second), 'secret, user'),
    })
    expect(await told(made('hunter22'))).toEqual([])
    expect((await told(made('hunter23'))).join()).toMatch(/differ in passwordHash \(‹secret›, ‹secret›\)/)
  })
})

describe('what a role provides', () => {
  const providing = (offers: string, more = ''): string =>
    role('r', '', `scrape${more}`).replace(
      '  resources(',
      `  provides: ({ host, vars }) => [\n    ${offers},\n  ],\n  resources(`,
    )

  it('is told at its line when the contract has no such field, with the nearest name, once for all hosts', async () => {
    expect(await told({ r: providing("scrape.of({ job: 'shop', prot: 9000 })") })).toEqual([
      "roles/r/index.ts:6:1 role 'r': scrape.of(): it needs port; unknown field 'prot' {web1, web2} (Port of the metrics.)",
    ])
    expect(await told({ r: providing("scrape.of({ job: 'shop', port: 9000, pathh: '/metrics' })") })).toEqual([
      "roles/r/index.ts:6:1 role 'r': scrape.of(): unknown field 'pathh' {web1, web2} (did you mean 'path'?)",
    ])
    expect(await told({ r: providing("scrape.of({ job: 'shop', port: '9000' })") })).toEqual([
      "roles/r/index.ts:6:1 role 'r': scrape.of(): port is a string, must be a whole number {web1, web2} (Port of the metrics.)",
    ])
  })

  it('is nothing else, and made by a function', async () => {
    expect(await told({ r: providing("{ job: 'shop', port: 9000 }") })).toEqual([
      "role 'r': element 1 of what provides() returns was not made by a contract {web1, web2} (e.g. scrape.of({ … }))",
    ])
  })
})

describe('what a rollout watches', () => {
  const watching = (rollout: string, resources = `      pkg({ name: 'nginx', notify: [restart('nginx')] }),`): string =>
    role('r', resources, 'file, pkg, restart').replace(
      '  resources(',
      `  rollout: ({ host, vars }) => (${rollout}),\n  resources(`,
    )

  it('is refused when nothing is called so, with the nearest name', async () => {
    const rollout = `{
      disruptive: ['package:ngnix', 'handler:restart nginx.service', 'file:/srv/*', 'package:nginx', 'pack*'],
      requiredServices: ['service:nginx.service'],
      failoverBefore: [{ key: 'mysql-variable:x', optional: true }],
    }`
    const problems = await told({ r: watching(rollout) })
    const start = "role 'r': rollout(): "
    const end = 'and nothing is called so on any host that has the role {web1, web2}'
    expect(problems.map((line) => line.replace(/ Or, .*$/, ''))).toEqual([
      `${start}disruptive names 'package:ngnix', ${end} (did you mean 'package:nginx'?`,
      `${start}disruptive names 'handler:restart nginx.service', ${end} (did you mean 'handler:restart nginx'?`,
      `${start}disruptive names 'file:/srv/*', ${end} (where only some vars, or another role, bring it about: { key: 'file:/srv/*', optional: true })`,
      `${start}requiredServices names 'service:nginx.service', ${end} (where only some vars, or another role, bring it about: { key: 'service:nginx.service', optional: true })`,
    ])
  })

  it('may be what another role declares, or this one on another host or system only', async () => {
    const rollout = `{ disruptive: ['package:other', 'package:on-web2', 'package:on-ubuntu'] }`
    const resources = `      ...(vars.r_some ? [pkg({ name: 'on-web2' })] : []),
      ...(facts.os.id === 'ubuntu' ? [pkg({ name: 'on-ubuntu' })] : []),`
    const text = watching(rollout, resources)
      .replace('vars: {}', "vars: { r_some: { type: 'boolean', description: 'Some.', default: false } }")
      .replace('resources({ vars,', 'resources({ vars, facts,')
    const other = role('o', `      pkg({ name: 'other' }),`, 'pkg')
    expect(await told({ r: text, o: other }, { 'inventories/prod/host_vars/web2.yml': 'r_some: true' })).toEqual([])
  })

  it('may be the resource or the handler itself', async () => {
    const rollout = `{
      disruptive: [pkg({ name: 'nginx' }), restart('nginx'), { key: pkg({ name: 'php' }), optional: true }],
      requiredServices: [],
      first: { host: 'web1', what: 'migrations', changes: [pkg({ name: 'nginx' })] },
    }`
    const { compiler, hosts } = await prepared({ r: watching(rollout) })
    const [made] = hosts.flatMap((host) => compiler.compile(host, FACTS).rollouts)
    expect(made?.disruptive).toEqual(['package:nginx', 'handler:restart nginx', 'package:php'])
    expect(made?.first?.changes).toEqual(['package:nginx'])
    expect(await told({ r: watching(rollout) })).toEqual([])
  })

  it('is refused when it is a thing that was made for this alone, under a name that nothing has', async () => {
    const rollout = `{
      disruptive: [pkg({ name: 'ngnix' }), restart('ngnix')],
      first: { host: 'web1', what: 'migrations', changes: [file({ path: '/srv/x' })] },
    }`
    const problems = await told({ r: watching(rollout) })
    expect(
      problems.map((line) => line.replace(/, and nothing is called so.*?\(/, ': ').replace(/'\?? Or, .*$/, '')),
    ).toEqual([
      "role 'r': rollout(): disruptive names 'package:ngnix': did you mean 'package:nginx",
      "role 'r': rollout(): disruptive names 'handler:restart ngnix': did you mean 'handler:restart nginx",
      "role 'r': rollout(): first.changes names 'file:/srv/x': where only some vars, or another role, bring it about: { key: 'file:/srv/x', optional: true })",
    ])
  })

  it('is refused when it is a resource that can not be', async () => {
    expect(await told({ r: watching(`{ disruptive: [pkg({ nme: 'nginx' })] }`) })).toEqual([
      "role 'r': rollout() disruptive: package: it needs name {web1, web2} (Real package, not a virtual one; `libc6:i386` for another architecture than the host's.)",
    ])
  })

  it('C40: fields of a rollout and of its steps are checked like those of resources', async () => {
    const step = `{ name: 'x', until: 'true', timeot: 3 }`
    expect(await told({ r: watching(`{ disruptive: 'package:nginx', gate: [], drain: [${step}] }`) })).toEqual([
      "role 'r': rollout(): unknown field 'gate' {web1, web2} (did you mean 'gates'?)",
      "role 'r': rollout(): disruptive is a string, must be a list {web1, web2} (What takes the service away for a moment when it is changed: resources and handlers, of whichever role, or their keys (`package:nginx`, `handler:restart nginx`); a `*` at the end of a key stands for any.)",
      "role 'r': rollout(): unknown field 'timeot' {web1, web2} (did you mean 'timeout'?)",
      "role 'r': rollout(): drain[0].until is a string, must be a script, as sh`…` makes it {web1, web2} (put sh in front of it, and write values as ${…}: each becomes one quoted word. until: sh`test -e ${path}`; import { sh } from 'provision')",
    ])
  })
})
