import { describe, expect, test } from 'vitest'
import { readSshArgs } from '../../../src/import/ansible/translate/ssh-args.ts'

describe('arguments of ssh', () => {
  test.each([
    ['-o ProxyJump=bastion', 'bastion'],
    ['-J deploy@bastion:2222,second', 'deploy@bastion:2222,second'],
    ['-oProxyJump=bastion', 'bastion'],
    ['-o "ProxyJump bastion"', 'bastion'],
    [`-o ProxyCommand="ssh -W %h:%p bastion"`, 'bastion'],
    [`-o ProxyCommand="ssh -W %h:%p -q deploy@bastion"`, 'deploy@bastion'],
    [`-o ProxyCommand='ssh -q -p 2222 -l deploy bastion -W [%h]:%p'`, 'deploy@bastion:2222'],
    [`-o ProxyCommand="ssh -o ControlMaster=auto -o ControlPersist=60s -W %h:%p u@10.0.0.1"`, 'u@10.0.0.1'],
    [`-o ProxyCommand="/usr/bin/ssh bastion nc -q0 %h %p"`, 'bastion'],
    [`-o ProxyCommand="exec ssh -o User=me -o Port=23 b netcat %h %p"`, 'me@b:23'],
    [`-o ProxyCommand="ssh -J first -W %h:%p second"`, 'first,second'],
    ['-o ProxyCommand="ssh -W %h:%p a" -o ProxyJump=b', 'a'],
  ])('%s is a jump', (text, proxyJump) => expect(readSshArgs(text)).toEqual({ proxyJump, left: [] }))

  test('what a jump has no room for is told', () => {
    const text = `-o ProxyCommand="ssh -i ~/.ssh/bastion.pem -o StrictHostKeyChecking=no -W %h:%p ubuntu@bastion"`
    expect(readSshArgs(text)).toEqual({
      proxyJump: 'ubuntu@bastion',
      left: [
        {
          option: 'ProxyCommand with IdentityFile, StrictHostKeyChecking',
          hint: 'give ubuntu@bastion these in ~/.ssh/config',
        },
      ],
    })
  })

  test.each([
    '-o ProxyCommand="nc -X connect -x proxy:3128 %h %p"',
    `-o ProxyCommand="sh -c 'aws ssm start-session --target %h'"`,
    '-o ProxyCommand="ssh bastion sudo nc %h %p"',
    '-o ProxyCommand="ssh -W other:22 bastion"',
    '-o ProxyCommand="cloudflared access ssh --hostname %h"',
  ])('%s is none', (text) => {
    const { proxyJump, left } = readSshArgs(text)
    expect(proxyJump).toBeUndefined()
    expect(left.map(({ option }) => option)).toEqual(['ProxyCommand'])
  })

  test('the rest of what a connection has', () => {
    const text =
      '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=auto -o ConnectTimeout=30 -i k -p 2200 -l me -C -o ForwardAgent=yes -A -F cfg'
    expect(readSshArgs(text)).toMatchObject({
      hostKeyChecking: 'accept-new',
      connectTimeout: 30,
      identityFile: 'k',
      port: 2200,
      user: 'me',
      left: [{ option: 'UserKnownHostsFile' }, { option: 'ForwardAgent' }, { option: '-A' }, { option: '-F' }],
    })
  })

  test('quotes that are not closed are told', () => {
    expect(readSshArgs('-o ProxyCommand="ssh').left).toMatchObject([{ option: 'ssh arguments' }])
  })
})
