import { describe, expect, test } from 'vitest'
import { type AptRepository, aptRepository } from '../../src/resources/apt-repository.ts'
import { type Service, service, serviceKind } from '../../src/resources/service/service.ts'
import { type Sysctl, sysctl, sysctlKind } from '../../src/resources/sysctl/sysctl.ts'
import { type SystemdUnit, systemdUnit } from '../../src/resources/systemd-unit/systemd-unit.ts'
import { scriptOf } from './answers.ts'

const uris = ['https://deb.example.com/']
const suites = ['stable']

describe('constructors refuse what a host would misread', () => {
  test.each<Service>([
    { name: 'a b' },
    { name: 'sys*' },
    { name: 'app@.service' },
    { name: 'nginx', masked: true, state: 'started' },
  ])('service %j', (input) => {
    expect(service(input).problems).toHaveLength(1)
  })

  test.each<Sysctl>([
    { name: 'net', value: 'a\nb' },
    { name: '../../etc/passwd', value: 1 },
    { name: 'net..ipv4', value: 1 },
    { name: 'vm.swappiness' },
    { name: 'fs.file-max', value: 2 ** 60 },
  ])('sysctl %j', (input) => {
    expect(sysctl(input).problems).toHaveLength(1)
  })

  test.each<SystemdUnit>([
    { unit: 'app', content: 'x' },
    { unit: '../app.service', content: 'x' },
    { unit: 'app.service', dropIn: 'limits', content: 'x' },
    { unit: 'app.service', dropIn: '.hidden.conf', content: 'x' },
    { unit: 'app.service' },
  ])('systemd-unit %j', (input) => {
    expect(systemdUnit(input).problems).toHaveLength(1)
  })

  test.each<AptRepository>([
    { name: 'a/b', uris, suites },
    { name: 'a', suites },
    { name: 'a', uris: ['https://x/ stable\nTrusted: yes'], suites },
    { name: 'a', uris, suites, key: 'not armored' },
    { name: 'a', uris, suites, key: new Uint8Array([1]), signedBy: '/k.gpg' },
  ])('apt-repository %j', (input) => {
    expect(aptRepository(input).problems).toHaveLength(1)
  })
})

test('both spellings of a kernel setting are one', () => {
  expect(sysctlKind.key({ name: 'net/ipv4/ip_forward' })).toBe(sysctlKind.key({ name: 'net.ipv4.ip_forward' }))
  expect(sysctlKind.key({ name: 'net.ipv4.conf.eth0/100.tag' })).toBe(
    sysctlKind.key({ name: 'net/ipv4/conf/eth0.100/tag' }),
  )
})

test('nginx and nginx.service are one unit', () => {
  expect(serviceKind.key({ name: 'nginx' })).toBe(serviceKind.key({ name: 'nginx.service' }))
})

test('a setting is asked at its place in /proc/sys, in either spelling', () => {
  const script = scriptOf(sysctlKind, [
    { name: 'net.ipv4.conf.eth0/100.rp_filter' },
    { name: 'net/ipv4/conf/eth0.100/tag' },
  ]).sh
  expect(script).toMatch(/\/proc\/sys\/net\/ipv4\/conf\/eth0\.100\/rp_filter\s/)
  expect(script).toMatch(/\/proc\/sys\/net\/ipv4\/conf\/eth0\.100\/tag\s/)
})
