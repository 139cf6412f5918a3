import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connect } from '../../src/connection/connect.ts'
import { aHost } from './host-fixture.ts'

const open = new Set<Server>()
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of open) server.close()
  open.clear()
  sockets.clear()
})

const listen = (onSocket: (socket: Socket) => void): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      onSocket(socket)
    })
    open.add(server)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
const login = (port: number, address = '127.0.0.1') =>
  connect(aHost({ port, connectTimeout: 1 }, address), { env: { HOME: '/nonexistent' } })

test('a closed port is refused', async () => {
  const port = await listen(() => {})
  for (const server of open) await new Promise((resolve) => server.close(resolve))
  await expect(login(port)).rejects.toMatchObject({
    code: 'refused',
    host: 'web1',
    message: expect.stringContaining(`${port}`),
  })
})

test('a name that does not exist is dns', async () => {
  await expect(login(22, 'no-such-host.invalid')).rejects.toMatchObject({ code: 'dns' })
})

test('a server that takes the connection and says nothing times out in time', async () => {
  const port = await listen(() => {})
  const started = Date.now()
  await expect(login(port)).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('within 1 s') })
  expect(Date.now() - started).toBeLessThan(3000)
})

test('a server that hangs up at once is unreachable', async () => {
  const port = await listen((socket) => socket.end())
  await expect(login(port)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('closed the connection'),
  })
})

test('a server that resets the connection is unreachable', async () => {
  const port = await listen((socket) => socket.resetAndDestroy())
  await expect(login(port)).rejects.toMatchObject({ code: 'unreachable' })
})

test('a server that does not speak SSH is unreachable', async () => {
  const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await expect(login(port)).rejects.toMatchObject({ code: 'unreachable' })
})
