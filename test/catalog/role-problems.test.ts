import { describe, expect, it } from 'vitest'
import { prepare } from '../../src/prepare.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

/** What is told of a project whose hosts have these roles. */
const told = (roles: Record<string, string>, more: Record<string, string> = {}): Promise<string[]> => {
  const root = projectFolder({
    'inventories/site.yml': `tiers: [{ name: web, roles: [${Object.keys(roles).join(', ')}] }]`,
    'inventories/prod/hosts.yml':
      'tiers: { web: { hosts: { web1: { address: 192.0.2.1 }, web2: { address: 192.0.2.2 } } } }',
    ...Object.fromEntries(Object.entries(roles).map(([name, text]) => [`roles/${name}/index.ts`, text])),
    ...more,
  })
  return problemsOf(() => prepare({ root, inventory: 'prod', limit: [], tags: [], vars: [] }))
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
      ...['a'].map((name) => fileSet({ name, root: '/a', validate: ':', files: { x: { content: '', owner: 'b', moed: '1' } } })),
      ...allowFrom(['192.0.2.1'], { prot: 80, comment: 'x' }),`
    expect(await told({ r: role('r', resources, 'allowFrom, directory, fileSet, service') })).toEqual([
      "roles/r/index.ts:7:1 role 'r': directory:/srv/a: unknown field 'modee' {web1, web2} (did you mean 'mode'?)",
      "roles/r/index.ts:8:1 role 'r': service:ssh.service: unknown field 'stat' {web1, web2} (did you mean 'state'?)",
      "roles/r/index.ts:12:1 role 'r': file-set:a: unknown field 'moed' {web1, web2} (did you mean 'mode'?)",
      "roles/r/index.ts:13:1 role 'r': ufw: unknown field 'prot' {web1, web2} (did you mean 'port'?)",
    ])
  })

  it('C41: what was given and is undefined is told where it is meant; what may be left out may be undefined', async () => {
    const resources = `      file({ path: '/etc/token', content: vars.ops_typo }),
      file({ path: vars.ops_path, content: '' }),
      fileSet({ name: 's', root: '/s', validate: ':', files: { x: { content: vars.ops_typo } } }),
      ufwRule({ action: 'allow', port: 22, from: vars.ops_typo }),
      file({ path: '/etc/ok', validate: undefined, mode: undefined, state: undefined }),`
    const problems = await told({ r: role('r', resources, 'file, fileSet, ufwRule') })
    expect(problems.map((line) => line.replace(/ \(.*/, ''))).toEqual([
      "roles/r/index.ts:7:1 role 'r': file:/etc/token: content was given and is undefined {web1, web2}",
      "roles/r/index.ts:8:1 role 'r': file: path was given and is undefined {web1, web2}",
      "roles/r/index.ts:9:1 role 'r': file-set:s: 'content' of files.x was given and is undefined {web1, web2}",
      "roles/r/index.ts:10:1 role 'r': ufw: from was given and is undefined {web1, web2}",
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
      "roles/r/index.ts:11:1 role 'r': package:x: notify is a string, must be a list {web1, web2} (Handlers that a change of this resource owes: reload(…), restart(…).)",
      "roles/r/index.ts:12:1 role 'r': package:y: notify[0] is undefined, must be a handler, as reload(…), restart(…) or handler({ … }) make it {web1, web2}",
      "roles/r/index.ts:13:1 role 'r': directory:/b: mode is \"u+x\": not valid {web1, web2} (Octal digits as text: '0644'. Not set: a present mode stays.)",
      "roles/r/index.ts:14:1 role 'r': package: it needs name {web1, web2} (Real package, not a virtual one; `libc6:i386` for another architecture than the host's.)",
    ])
  })

  it('a secret in a field that is shown is refused, and what is no resource at all', async () => {
    const resources = `      pkg({ name: vars.r_name }),
      false,
      [pkg({ name: 'aa' })],
      file({ path: 'etc/relative' }),
      pkg({ name: 'A b' }),
      ufwRule({ action: 'allow', port: '80,443' }),`
    const vars = "{ r_name: { type: 'string', secret: true, description: 'Name.', default: 'hunter22' } }"
    expect(await told({ r: role('r', resources, 'file, pkg, ufwRule', vars) })).toEqual([
      expect.stringMatching(/^roles\/r\/index\.ts:7:1 role 'r': package: name is a secret, must be a string \{/),
      expect.stringMatching(/^role 'r': element 2 of what resources\(\) returns is no resource, but false \{/),
      expect.stringMatching(/^role 'r': element 3 of what resources\(\) returns is no resource, but a list \{/),
      expect.stringMatching(/^roles\/r\/index\.ts:10:1 role 'r': .*etc\/relative.* \{web1, web2\}/),
      expect.stringMatching(/^roles\/r\/index\.ts:11:1 role 'r': "A b" is not the name of a package \{web1, web2\}/),
      expect.stringMatching(/^roles\/r\/index\.ts:12:1 role 'r': ufw rule: several ports need a proto \{web1, web2\}/),
    ])
  })
})
