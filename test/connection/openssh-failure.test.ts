import { expect, test } from 'vitest'
import { opensshFailure } from '../../src/connection/openssh-failure.ts'
import { aHost } from './host-fixture.ts'

// What OpenSSH 9.2 prints under LC_ALL=C and LogLevel ERROR.
test.each([
  ['ssh: Could not resolve hostname nowhere.invalid: Name or service not known\n', 'dns'],
  ['ssh: connect to host 127.0.0.1 port 1: Connection refused\n', 'refused'],
  ['ssh: connect to host 192.0.2.7 port 22: Connection timed out\n', 'timeout'],
  ['ssh: connect to host 192.0.2.7 port 22: No route to host\n', 'unreachable'],
  ['deploy@192.0.2.7: Permission denied (publickey).\n', 'auth'],
  [
    'No ED25519 host key is known for 192.0.2.7 and you have requested strict checking.\nHost key verification failed.\n',
    'host-key',
  ],
  ['kex_exchange_identification: Connection closed by remote host\n', 'unreachable'],
])('%j is %s', (stderr, code) => {
  expect(opensshFailure(aHost(), { status: 255, stderr })).toMatchObject({ code })
})

test('a changed key is called changed', () => {
  const stderr = '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\n'
  const refused = opensshFailure(aHost(), { status: 255, stderr })
  expect(refused).toMatchObject({ code: 'host-key', message: expect.stringContaining('CHANGED') })
})
