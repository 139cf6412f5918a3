import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { connect } from '../../src/connection/connect.ts'
import { aHost } from './host-fixture.ts'

it('C56: logs in at connection.host, whatever the address is that others reach the host by', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const host = aHost({ host: '127.0.0.1', port }, '192.0.2.1')
  await expect(connect(host)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('127.0.0.1') })
})
