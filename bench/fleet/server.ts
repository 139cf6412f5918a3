// One site of a fleet: real SSH servers for all of its hosts, in a process of its own. Started by sites.ts.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { type Recording, readRecording, replay } from './recording.ts'
import { type SimulatedHost, SLOW_MS } from './simulated.ts'
import { type FromSite, isSiteOrder, type SiteOrder } from './sites.ts'

interface Site {
  readonly recording: Recording
  /** The only key that logs in. */
  readonly login: ParsedKey
  /** Told when an answer was given. */
  answered(): void
}

const tell = (message: FromSite): void => void process.send?.(message)
const [order]: unknown[] = await once(process, 'message')
if (!isSiteOrder(order)) throw new Error('that is no order for a site')
await open(order)

async function open({ hosts, loginKey, leaveAfter }: SiteOrder): Promise<void> {
  const login = ssh2.utils.parseKey(loginKey)
  if (login instanceof Error) throw login
  let answers = 0
  const site: Site = {
    recording: await readRecording(),
    login,
    answered() {
      answers += 1
      // As a site whose power is cut: no connection is closed in an orderly way.
      if (answers === leaveAfter) process.exit(0)
    },
  }
  const keys: Record<string, string> = {}
  const servers = new Map<string, (socket: Socket) => void>()
  for (const host of hosts) {
    if (host.behaviour === 'refuses') continue
    const key = makeKeyPair(host.name)
    keys[host.name] = key.public
    servers.set(host.address, doorOf(host, key.private, site))
  }
  const listener = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    const door = servers.get(socket.localAddress ?? '')
    if (door) door(socket)
    else socket.destroy()
  })
  listener.listen({ host: '0.0.0.0', port: 0, backlog: 4096 })
  await once(listener, 'listening')
  const address = listener.address()
  tell({ port: typeof address === 'object' && address !== null ? address.port : 0, keys })
}

/** What becomes of a connection to this host. */
function doorOf(host: SimulatedHost, hostKey: string, site: Site): (socket: Socket) => void {
  if (host.behaviour === 'silent') return (socket) => void socket.resume()
  if (host.behaviour === 'hangs-up') return (socket) => socket.end('SSH-2.0-OpenSSH_10.0\r\n')
  let server: ssh2.Server | undefined
  return (socket) => {
    server ??= new ssh2.Server({ hostKeys: [hostKey], ident: 'OpenSSH_10.0' }, (client) => serve(client, host, site))
    server.injectSocket(socket)
  }
}

function serve(client: Connection, { behaviour }: SimulatedHost, site: Site): void {
  client.on('error', () => {})
  client.on('authentication', (context) => {
    if (isLogin(context, site.login)) context.accept()
    else context.reject(['publickey'])
  })
  client.on('session', (accept) => {
    accept().on('exec', (take) => {
      const channel = take()
      channel.on('error', () => {})
      channel.stderr.on('error', () => {})
      void answer(channel, behaviour === 'slow' ? SLOW_MS : 0, site)
    })
  })
}

/** As sshd does: the key is the right one, and so is what was signed with it. */
function isLogin(context: AuthContext, login: ParsedKey): boolean {
  if (context.method !== 'publickey' || !context.key.data.equals(login.getPublicSSH())) return false
  const { signature, blob, hashAlgo } = context
  return signature === undefined || (blob !== undefined && login.verify(blob, signature, hashAlgo) === true)
}

async function answer(channel: ServerChannel, delay: number, { recording, answered }: Site): Promise<void> {
  const input = await allOf(channel)
  try {
    const { marker, stdout } = replay(recording, input)
    channel.stderr.write(marker)
    channel.write(marker)
    await sleep(delay)
    channel.write(stdout)
    channel.exit(0)
  } catch (error) {
    channel.stderr.write(`${String(error)}\n`)
    channel.exit(127)
  }
  channel.end()
  answered()
}

/** What comes in until its end; consumers of streams would close the channel with it. */
async function allOf(channel: ServerChannel): Promise<string> {
  const chunks: Buffer[] = []
  channel.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(channel, 'end')
  return Buffer.concat(chunks).toString()
}
