import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2'
import type { ConnectionSettings, Host } from '../../src/inventory/inventory.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { aHost } from './host-fixture.ts'

export interface SshServer {
  /** An account on it, whose key is in a file. */
  host(settings?: Partial<ConnectionSettings>): Host
  /** How many are connected now, and how many ever were. */
  connected(): { readonly now: number; readonly ever: number }
  /** Ends all connections at once, as a power cut does. */
  cut(): void
  /** Keys and passwords that were offered, as `publickey TYPE BASE64`, in order. */
  readonly offered: string[]
  /** The public part of its first host key. */
  readonly hostKey: Buffer
  close(): void
}

export interface SshServerOptions {
  /** Does what a login shell would: it has the command, and the channel with its input. */
  onExec(channel: ServerChannel, command: string): void
  /** Default: every key is good. */
  onAuth?(context: AuthContext): void
  readonly hostKeys?: readonly string[]
  /** Forwards connections, as a jump host does. */
  readonly forwards?: boolean
}

/** A real SSH server on this machine, whose accounts' shells are functions. */
export async function sshServer({
  onExec,
  onAuth,
  forwards = false,
  hostKeys = [makeKeyPair('host').private],
}: SshServerOptions): Promise<SshServer> {
  const dir = mkdtempSync(join(tmpdir(), 'ssh-server-'))
  const identityFile = join(dir, 'id')
  writeFileSync(identityFile, makeKeyPair('test').private, { mode: 0o600 })
  const offered: string[] = []
  const clients = new Set<{ end(): void }>()
  const sockets = new Set<Socket>()
  let ever = 0
  const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (client) => {
    clients.add(client)
    ever += 1
    client.on('close', () => clients.delete(client))
    if (forwards) forwarding(client)
    client.on('error', () => {})
    client.on('authentication', (context) => {
      offered.push(
        context.method === 'publickey'
          ? `publickey ${context.key.algo} ${context.key.data.toString('base64')}`
          : context.method,
      )
      if (onAuth) onAuth(context)
      else if (context.method === 'publickey') context.accept()
      else context.reject(['publickey'])
    })
    client.on('session', (accept) => {
      accept().on('exec', (take, _reject, { command }) => {
        const channel = take()
        channel.on('error', () => {})
        channel.stderr.on('error', () => {})
        onExec(channel, command)
      })
    })
  })
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    server.injectSocket(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  const shown = ssh2.utils.parseKey(hostKeys[0] ?? '')
  return {
    offered,
    hostKey: shown instanceof Error ? Buffer.alloc(0) : shown.getPublicSSH(),
    connected: () => ({ now: clients.size, ever }),
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    host: (settings = {}) =>
      aHost(
        {
          user: 'root',
          become: 'none',
          port: typeof address === 'object' && address !== null ? address.port : 0,
          identityFile,
          knownHosts: join(dir, 'known_hosts'),
          hostKeyChecking: 'accept-new',
          ...settings,
        },
        '127.0.0.1',
      ),
    close() {
      for (const client of clients) client.end()
      listener.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Channels to wherever one is asked for. */
function forwarding(client: Connection): void {
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const socket = createConnection(destPort, destIP)
    socket.once('error', () => reject())
    socket.once('connect', () => {
      const channel = accept()
      channel.on('error', () => {})
      socket.on('error', () => channel.destroy())
      channel.pipe(socket).pipe(channel)
    })
  })
}

/** A shell of this machine behind the channel; `before` is what the account's start-up files do. */
export const realShell =
  (before = '') =>
  (channel: ServerChannel, command: string) => {
    const child = spawn('/bin/sh', ['-c', `${before}\n${command}`])
    child.stdin.on('error', () => {})
    channel.pipe(child.stdin)
    child.stdout.pipe(channel, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    channel.on('close', () => {
      // As sshd does: what prints without end would do so for as long as the tests run, and be read.
      child.stdout.destroy()
      child.stderr.destroy()
      child.kill('SIGKILL')
    })
    child.on('close', (code) => {
      channel.exit(code ?? 255)
      channel.end()
    })
  }
