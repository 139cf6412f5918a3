import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defaultName } from '../../../src/import/ansible/default-name.ts'
import { problemsOf } from '../../project-folder.ts'
import { ansibleFolder, planned, told } from './fixture.ts'

const YAML = `all:
  vars: { ansible_user: deploy }
  hosts:
    lonely:
  children:
    web:
      hosts:
        web[1:2]: { ansible_port: "2200" }
        web3: { ansible_host: "{{ inventory_hostname }}.{{ domain }}", domain: example.org }
    db:
      hosts: db1
      unknown: 1
    all_of:
      children: { web: , db: }
`

const ANSWER = {
  _meta: { hostvars: { web1: { ansible_host: '192.0.2.11' }, 'db.one': { ansible_ssh_port: 2222 } } },
  all: { children: ['ungrouped', 'web', 'db'] },
  web: { hosts: ['web1', 'web2'], vars: { ansible_user: 'www' } },
  db: ['db.one'],
}

const SCRIPT = `#!/bin/sh
case "$1" in
--list) echo '{ "web": { "hosts": ["web1", "web2"] } }' ;;
--host) echo "{ \\"ansible_host\\": \\"$2.example.org\\" }" ;;
esac
`

const addresses = (plan: Awaited<ReturnType<typeof planned>>) =>
  plan.hosts.map(({ name, address, connection: { user, port } }) =>
    [name, address, user, port].filter((one) => one !== undefined).join(' '),
  )

function executable(folder: string, file: string): string {
  chmodSync(join(folder, file), 0o755)
  return join(folder, file)
}

describe('sources', () => {
  test('YAML, with simple Jinja in an address', async () => {
    const { root, ansible } = ansibleFolder({ 'hosts.yml': YAML })
    const plan = await planned({ root, path: `${ansible}/hosts.yml`, tiers: ['web=web', 'data=db'] })
    expect(addresses(plan)).toEqual([
      'web1 web1 deploy 2200',
      'web2 web2 deploy 2200',
      'web3 web3.example.org deploy',
      'db1 db1 deploy',
    ])
    expect(plan.hostsFile.groups).toEqual({ db: { hosts: ['db1'] }, all_of: { groups: ['web', 'db'] } })
    expect(told(plan, ansible)).toEqual({
      attention: [
        'hosts.yml:8  port 2200 of web1, web2  (role base writes port 22 for sshd; where sshd itself listens on 2200, set ssh_port: 2200 in the vars)',
      ],
      host: ['hosts.yml:4  lonely  (in no tier: give one, --tier TIER=lonely)'],
      source: ["hosts.yml:12  'unknown' is no key of a group: hosts, vars or children"],
      unknown: ['hosts.yml:9  domain'],
    })
  })

  test('the answer of a dynamic inventory, saved', async () => {
    const { root, ansible } = ansibleFolder({ 'answer.json': JSON.stringify(ANSWER) })
    const plan = await planned({ root, path: `${ansible}/answer.json`, tiers: ['app=web', 'data=db'] })
    expect(addresses(plan)).toEqual(['web1 192.0.2.11 www', 'web2 web2 www', 'db.one db.one 2222'])
  })

  test('a program: --list, and --host for each where it has no _meta', async () => {
    const { root, ansible } = ansibleFolder({ 'fleet.sh': SCRIPT })
    const plan = await planned({ root, path: executable(ansible, 'fleet.sh'), tiers: ['app=web'] })
    expect(addresses(plan)).toEqual(['web1 web1.example.org', 'web2 web2.example.org'])
  })

  test('a program that fails is told with what it said last, and what to do', async () => {
    const { root, ansible } = ansibleFolder({ fleet: '#!/bin/sh\necho "no token" >&2\nexit 3\n' })
    const path = executable(ansible, 'fleet')
    await expect(planned({ root, path, tiers: ['app=web'] })).rejects.toMatchObject({
      message: `${path} --list: it ended with exit status 3\n  no token`,
      hint: 'run it by hand with --list, save what it prints, and import that file',
    })
  })

  test('a folder: its files by name, the later wins; plugins, TOML and the rest are told', async () => {
    const { root, ansible } = ansibleFolder({
      'inv/01-static': '[web]\nweb1 ansible_user=first\nweb2\n[web:vars]\nansible_port=1022\n',
      'inv/02.yml': 'web: { hosts: { web1: { ansible_user: second } }, vars: { ansible_port: 2022 } }\n',
      'inv/aws_ec2.yml': 'plugin: amazon.aws.aws_ec2\nregions: [eu-central-1]\n',
      'inv/old.toml': '[web]\n',
      'inv/ec2.ini': '[ec2]\nregions = all\n',
      'inv/playbook.yml': '- hosts: all\n',
      'inv/README.md': 'text',
      'inv/hosts~': 'web9\n',
      'inv/group_vars/web/a.yml': 'ansible_ssh_private_key_file: keys/web\n',
    })
    const plan = await planned({ root, path: `${ansible}/inv`, tiers: ['app=web'] })
    expect(addresses(plan)).toEqual(['web1 web1 second 2022', 'web2 web2 2022'])
    expect(told(plan, ansible).source).toEqual([
      "inv/aws_ec2.yml:1  configuration of the inventory plugin amazon.aws.aws_ec2: import what 'ansible-inventory -i aws_ec2.yml --list' prints",
      'inv/ec2.ini  (Ansible passes .ini files over in a folder of inventories; is it one? Import it by its path)',
      'inv/old.toml  (TOML: import what ansible-inventory --list prints in its place)',
      'inv/playbook.yml  (no inventory: a mapping of groups is expected)',
    ])
  })

  test('ansible.cfg: where the inventory is, who logs in, by which key, over what; vars beside the playbooks', async () => {
    const { root, ansible } = ansibleFolder({
      'ansible.cfg': `[defaults]
inventory = inventories/live/hosts ; not the old one
remote_user=deploy
private_key_file = keys/id
host_key_checking = False
timeout: 25
[privilege_escalation]
become = True
become_method = doas
[ssh_connection]
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
  -J bastion
`,
      'inventories/live/hosts': '[web]\nweb1\nweb2 ansible_user=other\n',
      'inventories/live/group_vars/web.yml': 'ansible_port: 1\n',
      'group_vars/web.yml': 'ansible_port: 2222\n',
    })
    const plan = await planned({ root, path: ansible, tiers: ['app=web'] })
    expect(plan.hostsFile).toMatchObject({
      connection: {
        port: 2222,
        identity_file: '../../../ansible/keys/id',
        host_key_checking: 'accept-new',
        connect_timeout: 25,
        proxy_jump: 'bastion',
      },
      tiers: { app: { hosts: { web1: { connection: { user: 'deploy' } }, web2: { connection: { user: 'other' } } } } },
    })
    expect(told(plan, ansible)).toMatchObject({
      connection: ['ansible.cfg:9  become_method  (the way to root is sudo here)'],
      needless: ['ansible.cfg:8  become  (hosts are managed as root anyway)'],
    })
  })

  test('vars beside playbooks that nobody pointed at are told', async () => {
    const files = { 'inventory/hosts': '[web]\nweb1\n', 'group_vars/web': 'ansible_port: 2222\n' }
    const { root, ansible } = ansibleFolder(files)
    const given = { root, path: `${ansible}/inventory/hosts`, tiers: ['app=web'] }
    const plan = await planned(given)
    expect(told(plan, ansible).source?.[0]).toContain('import with --playbook-dir')
    expect(addresses(await planned({ ...given, playbookDir: ansible }))).toEqual(['web1 web1 2222'])
  })

  test('which of the files of vars count: the first of name, name.yml, name.yaml, name.json', async () => {
    const { root, ansible } = ansibleFolder({
      hosts: '[web]\nweb1\nweb2\n',
      'group_vars/web/port': 'ansible_port: 1\n',
      'group_vars/web/z.yml': 'ansible_port: 2\n',
      'group_vars/web/sub/a.json': '{ "ansible_user": "sub" }',
      'group_vars/web/.hidden': 'ansible_port: 3\n',
      'group_vars/web.yml': 'ansible_port: 4\n',
      'group_vars/wbe.yml': 'a: 1\n',
      'host_vars/web2.json': '{ "ansible_port": 5 }',
      'host_vars/web3/x.yml': 'a: 1\n',
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['app=web'] })
    expect(addresses(plan)).toEqual(['web1 web1 sub 2', 'web2 web2 sub 5'])
    expect(told(plan, ansible).source).toEqual([
      "group_vars/wbe.yml  (there is no group 'wbe' in the inventory)",
      "group_vars/web.yml  (Ansible passes it over, since 'web' is there in another form)",
      "host_vars/web3  (there is no host 'web3' in the inventory)",
    ])
  })

  test('hosts that are reached otherwise, are there twice, or have no address are left out and told', async () => {
    const { root, ansible } = ansibleFolder({
      hosts: `[all]
win1 ansible_connection=winrm
ctr1 ansible_connection=community.docker.docker
a1 ansible_host=192.0.2.1
a2 ansible_host=192.0.2.1
a3 ansible_host=192.0.2.1 ansible_port=2222
b1 ansible_host="{{ lookup('dig', 'x') }}"
deploy@c1
2001:db8::1 ansible_user=root
bad ansible_host='what is that' ansible_port=http
`,
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['app=all'] })
    expect(addresses(plan)).toEqual([
      'a1 192.0.2.1',
      'a3 192.0.2.1 2222',
      'b1 b1',
      'deploy-c1 c1 deploy',
      '2001-db8-1 2001:db8::1 root',
    ])
    const { host, jinja, attention } = told(plan, ansible)
    expect(host).toEqual([
      "hosts:2  win1  (it is reached by 'winrm', and here by ssh)",
      "hosts:3  ctr1  (it is reached by 'community.docker.docker', and here by ssh)",
      'hosts:5  a2  (the same machine as a1 (192.0.2.1): a host is there once)',
      'hosts:10  bad  (its address is no name and no IP address)',
    ])
    expect(jinja).toEqual(['hosts:7  ansible_host  (set it in hosts.yml)'])
    expect(attention).toContain("hosts:9  host 2001:db8::1  (it is '2001-db8-1' here)")
  })

  test('a jump host that is one of the hosts is not reached over itself', async () => {
    const hosts = `[web]\nbastion ansible_host=192.0.2.1\nw1\n[all:vars]\nansible_ssh_common_args='-J ops@192.0.2.1:22'\n`
    const { root, ansible } = ansibleFolder({ hosts })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['app=web'] })
    expect(plan.hosts.map(({ name, connection }) => `${name} ${connection.proxy_jump}`)).toEqual([
      'bastion none',
      'w1 ops@192.0.2.1:22',
    ])
    expect(told(plan, ansible).attention).toContain('hosts:2  jump host bastion  (it is not reached over itself)')
  })

  test('nothing to import is an error that says what was looked at', async () => {
    const { root, ansible } = ansibleFolder({ 'inv/aws_ec2.yml': 'plugin: aws_ec2\n', 'empty/x': '' })
    const problems = await problemsOf(() => planned({ root, path: `${ansible}/inv`, tiers: [] }))
    expect(problems[0]).toMatch(/^there is no host in .*\/inv \(.*aws_ec2.yml.* --list' prints\)$/)
    expect(await problemsOf(() => planned({ root, path: `${ansible}/nothing`, tiers: [] }))).toHaveLength(1)
  })
})

test.each([
  ['/srv/ansible/inventories/production/hosts', 'production'],
  ['/srv/ansible/staging.yml', 'staging'],
  ['/srv/fleet/inventory/hosts.ini', 'fleet'],
  ['/srv/hosts.live', 'live'],
  ['/hosts', 'imported'],
])('%s is called %s', (path, name) => expect(defaultName(path)).toBe(name))
