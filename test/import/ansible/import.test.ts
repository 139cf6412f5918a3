import { describe, expect, test } from 'vitest'
import { problemsOf } from '../../project-folder.ts'
import { ansibleFolder, planned, told } from './fixture.ts'

const INI = `# a fleet
localhost ansible_connection=local

[webservers]
web[01:03].example.org ansible_user=deploy
web04.example.org:2222 ansible_user=deploy

[dbservers]
db-[a:b] ansible_host=192.0.2.5[1:2]
db1 ansible_ssh_host=192.0.2.51 ansible_ssh_port=2200
db2 ansible_host=192.0.2.52 ansible_host_key_checking=no

[eu]
web01.example.org
db1

[prod:children]
webservers
dbservers

[prod:vars]
ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q jump@bastion.example.org:22"'

[dbservers:vars]
ansible_user = root
ansible_ssh_private_key_file = ~/.ssh/fleet
`

describe('an inventory in INI', () => {
  test('groups, addresses, users, ports, keys, jump hosts', async () => {
    const ini = INI.replace('db-[a:b] ansible_host=192.0.2.5[1:2]\n', '').replace('@bastion.example.org:22', '@bastion')
    const { root, ansible } = ansibleFolder({ hosts: ini })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=webservers', 'db=dbservers'] })
    expect(plan.hostsFile).toEqual({
      connection: { proxy_jump: 'jump@bastion' },
      tiers: {
        web: {
          connection: { user: 'deploy' },
          hosts: {
            'web01.example.org': { address: 'web01.example.org' },
            'web02.example.org': { address: 'web02.example.org' },
            'web03.example.org': { address: 'web03.example.org' },
            'web04.example.org': { address: 'web04.example.org', connection: { port: 2222 } },
          },
        },
        db: {
          connection: { user: 'root', identity_file: '~/.ssh/fleet' },
          hosts: {
            db1: { address: '192.0.2.51', connection: { port: 2200 } },
            db2: { address: '192.0.2.52', connection: { host_key_checking: 'accept-new' } },
          },
        },
      },
      groups: {
        webservers: {
          hosts: ['web01.example.org', 'web02.example.org', 'web03.example.org', 'web04.example.org'],
        },
        dbservers: { hosts: ['db1', 'db2'] },
        eu: { hosts: ['web01.example.org', 'db1'] },
        prod: { groups: ['webservers', 'dbservers'] },
      },
    })
    expect(told(plan, ansible)).toEqual({
      attention: [
        'hosts:6  port 2222 of web04.example.org  (role base writes port 22 for sshd; where sshd itself listens on 2222, set ssh_port: 2222 in the vars)',
        'hosts:9  port 2200 of db1  (role base writes port 22 for sshd; where sshd itself listens on 2200, set ssh_port: 2200 in the vars)',
      ],
      host: ['hosts:2  localhost  (in no tier: give one, --tier TIER=localhost)'],
    })
  })

  test('a group with the name and the hosts of a tier is the tier; with other hosts it gets another name', async () => {
    const { root, ansible } = ansibleFolder({ hosts: '[web]\nw1\n[db]\nd1\nd2\n[prod:children]\nweb\ndb\n' })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=web', 'db=d1', 'other=d2'] })
    expect(plan.hostsFile.groups).toEqual({
      'db-group': { hosts: ['d1', 'd2'] },
      prod: { groups: ['web', 'db-group'] },
    })
    expect(told(plan, ansible).attention).toContain(
      "hosts:3  group db  ('db' is the name of a tier or a host: the group is 'db-group' here)",
    )
  })

  test('a host in two tiers, a group that is not there, a name that is none: nothing is planned', async () => {
    const { root, ansible } = ansibleFolder({ hosts: '[web]\nw1\nw2\n[eu]\nw2\n' })
    const go = (...tiers: string[]) => problemsOf(() => planned({ root, path: `${ansible}/hosts`, tiers }))
    expect(await go('web=web', 'edge=eu')).toEqual([
      "w2 would be in the tiers web and edge: a host is in one tier, and in any number of groups (leave it out of one: --tier 'TIER=GROUP,!w2'; or make one tier of both)",
    ])
    expect(await go('web=wbe')).toEqual(["--tier: there is no group or host 'wbe' (did you mean 'web'?)"])
    expect((await go('all=web', 'web', '=x', 'a b=web')).length).toBe(4)
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=w*,!eu', 'edge=eu'] })
    expect(plan.hosts.map(({ name, tier }) => `${tier} ${name}`)).toEqual(['web w1', 'edge w2'])
  })

  test('what Ansible would not take is a problem with its line', async () => {
    const { root, ansible } = ansibleFolder({ hosts: '[web]\nw[1:x]\n', 'group_vars/web.yml': 'a: [1\n' })
    const problems = await problemsOf(() => planned({ root, path: `${ansible}/hosts`, tiers: ['web=web'] }))
    expect(problems.map((one) => one.replace(/^.*\/ansible\//, ''))).toEqual([
      "hosts:2:1 'w[1:x]': a range is of numbers, or of single letters",
      'group_vars/web.yml:2:1 not valid YAML (bad indent)',
    ])
  })
})
