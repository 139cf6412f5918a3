import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Command, smallParent } from './small-parent.ts'

/** A program at work, in a group of its own. */
export interface Begun {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Its status, 128 and the number of the signal that ended it, when nobody holds its output open any more. */
  readonly ended: Promise<number>
  /** With everything that it started. */
  kill(): void
}

/**
 * Begins a program, as `spawn` with `detached` does, at a fraction of the price; like every command that a shell starts in
 * its background it heeds no SIGINT and no SIGQUIT.
 */
export function begin(command: Command): Begun {
  const parent = smallParent()
  news ??= listen()
  const id = free.pop() ?? made()
  const pipe = (name: string) => parent.at(`${name}${id}`)
  // So that no side waits for the other: the input has a writer, and the output has a reader, before the shell opens them.
  const hold = openSync(pipe('in'), constants.O_RDWR)
  const outputs = ['out', 'err'].map((name) => openSync(pipe(name), constants.O_RDONLY | constants.O_NONBLOCK))
  let group: number | undefined
  let isKilled = false
  const kill = () => {
    isKilled = true
    if (group === undefined) return
    // It may not have got its group yet.
    for (const target of [-group, group]) {
      try {
        process.kill(target, 'SIGKILL')
        return
      } catch {
        // Nor be there any more.
      }
    }
  }
  const status = new Promise<number>((resolve) => {
    news?.set(id, (what, number) => {
      if (what === 'ended') return resolve(number)
      group = number
      // Not before there is somebody to kill.
      const input = new Socket({ fd: openSync(pipe('in'), 'w'), readable: false, writable: true })
      closeSync(hold)
      // One that ends before it has read everything closes its input.
      input.on('error', () => undefined).end(command.input)
      if (isKilled) kill()
    })
  })
  parent.tell(linesFor(id, parent.lines({ ...command, file: 'setsid', args: [command.file, ...command.args] })))
  parent.heard()
  // Only now: a pipe that nobody has opened yet reads like one at its end.
  const [stdout, stderr] = outputs.map((fd) => new Socket({ fd, readable: true, writable: false }))
  if (!stdout || !stderr) throw new RangeError('no output')
  const closed = [stdout, stderr].map((stream) => new Promise<void>((resolve) => stream.on('close', resolve)))
  const ended = Promise.all([status, ...closed]).then(([number]) => {
    news?.delete(id)
    free.push(id)
    return number
  })
  return { stdout, stderr, ended, kill }
}

/** What the shell says of what was begun: its group, then its status. */
type News = Map<number, (what: string, number: number) => void>
let news: News | undefined

/** Sets of pipes that nobody uses. */
const free: number[] = []
let sets = 0

function made(): number {
  sets += 1
  smallParent().makePipes(['in', 'out', 'err'].map((name) => `${name}${sets}`))
  return sets
}

function listen(): News {
  const parent = smallParent()
  parent.makePipes(['news'])
  const fd = openSync(parent.at('news'), constants.O_RDONLY | constants.O_NONBLOCK)
  parent.tell('exec 9>"$1/news"\n')
  parent.heard()
  const heard: News = new Map()
  const stream = new Socket({ fd, readable: true, writable: false })
  createInterface({ input: stream }).on('line', (line) => {
    const [id, what = '', number] = line.split(' ')
    heard.get(Number(id))?.(what, Number(number))
  })
  // It does not keep the worker from ending.
  stream.unref()
  return heard
}

/** The pipes are open in the program alone when this is done, so that their other ends see its end. */
const linesFor = (id: number, lines: string): string => `
exec 4<"$1/in${id}" 5>"$1/out${id}" 6>"$1/err${id}"
{
  (
${lines}
  ) <&4 >&5 2>&6 4<&- 5>&- 6>&- 9>&- &
  exec 4<&- 5>&- 6>&-
  echo "${id} begun $!" >&9
  wait "$!"
  echo "${id} ended $?" >&9
} 3>&- &
exec 4<&- 5>&- 6>&-
jobs >/dev/null
`
