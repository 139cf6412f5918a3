// The floor: what a careful person would write with bare ssh2 for exactly these hosts and no others. It connects to
// all at once, checks their keys, sends one script and reads the answer; it neither parses nor decides anything.
//   node bench/floor.mjs KNOWN_HOSTS KEY ADDRESS...
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import ssh2 from 'ssh2'

const [knownHostsFile, keyFile, ...addresses] = process.argv.slice(2)
const script = readFileSync(new URL('floor.sh', import.meta.url))
const key = ssh2.utils.parseKey(readFileSync(keyFile))
const knownKeys = new Map(
  readFileSync(knownHostsFile, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([address, , base64]) => [address, base64]),
)

const ask = (address) =>
  new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    let bytesIn = 0
    let last = ''
    client.on('error', reject)
    client.on('ready', () => {
      client.exec('sh', (error, channel) => {
        if (error) return reject(error)
        channel.on('data', (data) => {
          bytesIn += data.length
          last = data
        })
        channel.stderr.resume()
        channel.on('close', (status) => {
          client.end()
          if (status !== 0 || !last.toString().endsWith('end\n')) reject(new Error(`${address}: status ${status}`))
          else resolve({ execs: 1, connects: 1, bytesOut: script.length, bytesIn })
        })
        channel.end(script)
      })
    })
    client.connect({
      // Nagle's algorithm against delayed ACKs costs an SSH login about 0.1 s.
      sock: connect({ host: address, port: 22, noDelay: true }),
      username: 'root',
      authHandler: [{ type: 'publickey', username: 'root', key }],
      algorithms: { serverHostKey: ['ssh-ed25519'] },
      hostVerifier: (shown) => shown.toString('base64') === knownKeys.get(address),
    })
  })

console.log(JSON.stringify(await Promise.all(addresses.map(ask))))
