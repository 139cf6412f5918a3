import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { words } from '../shell/quote.ts'

/** What answers the questions of an ssh program, as long as it is open. */
export interface Askpass {
  /** For the ssh that is to ask. */
  readonly env: NodeJS.ProcessEnv
  close(): Promise<void>
}

/** Nothing secret is in it: the question goes to the socket, and what comes back is printed. */
const CLIENT = [
  'const asked = require("net").connect(process.argv[1]); let size = 0;',
  'asked.on("data", (part) => { size += part.length; process.stdout.write(part) });',
  'asked.on("error", () => {}); asked.on("close", () => { process.exitCode = size > 0 ? 0 : 1 });',
  'asked.end(process.argv[2])',
].join(' ')

/**
 * Answers what ssh asks for (SSH_ASKPASS) over a socket, so that no password is ever in arguments, in the environment or in
 * a file.
 * @param dir which nobody else may enter
 * @param answer undefined: the question stays without one, and ssh goes on as if nothing had been typed
 */
export async function openAskpass(dir: string, answer: (question: string) => string | undefined): Promise<Askpass> {
  const socket = join(dir, 'a')
  const program = join(dir, 'askpass')
  // The client ends its side when it has asked.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    let question = ''
    socket.setEncoding('utf8').on('data', (part) => {
      question += part
    })
    socket.on('end', () => {
      const given = answer(question)
      socket.end(given === undefined ? '' : `${given}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  const argv = words([process.execPath, '-e', CLIENT, socket])
  await writeFile(program, `#!/bin/sh\nexec env -u NODE_OPTIONS ${argv} "$1"\n`, { mode: 0o700 })
  return {
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
