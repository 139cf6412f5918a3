import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { packageRoot } from '../catalog/package-root.ts'
import type { Docker } from './container.ts'
import { type ExecResult, NOT_RUN } from './exec.ts'

/** Starts programs inside a container, by one that stays there. */
export interface Starter {
  exec(argv: readonly string[], stdin: string): Promise<ExecResult>
  /** Ends it; the next program has it started anew. */
  end(): void
}

/** A program that runs. */
interface Started {
  readonly out: Buffer[]
  readonly err: Buffer[]
  done(code: number, why?: string): void
}

/** While it is there. */
interface Link {
  readonly stream: NodeJS.ReadWriteStream
  readonly running: Map<number, Started>
  /** Nothing more is told. */
  isOver(): boolean
}

/** For a host that is asked again and again. Nothing is started before the first time. */
export function starterIn(container: ReturnType<Docker['getContainer']>): Starter {
  let link: Promise<Link> | undefined
  let count = 0
  const end = (): void => {
    link?.then(({ stream }) => stream.end()).catch(() => undefined)
    link = undefined
  }
  const opened = (): Promise<Link> => {
    const opening = open(container, () => {
      if (link === opening) link = undefined
    })
    return opening
  }
  return {
    end,
    async exec(argv, stdin) {
      link ??= opened()
      const mine = link
      try {
        const { stream, running, isOver } = await mine
        if (isOver()) throw new Error('the host has ended')
        count += 1
        const id = count
        const parts = [stdin, ...argv].map((part) => Buffer.from(part))
        const head = Buffer.from(`${[id, ...parts.map((part) => part.length)].join(' ')}\n`)
        return await new Promise((resolve) => {
          const [out, err] = [[], []] as [Buffer[], Buffer[]]
          const textOf = (all: readonly Buffer[]) => Buffer.concat(all).toString('utf8')
          const done = (code: number, why = '') => resolve({ code, stdout: textOf(out), stderr: textOf(err) + why })
          running.set(id, { out, err, done })
          stream.write(Buffer.concat([head, ...parts]))
        })
      } catch (error) {
        // Of a host without power.
        if (link === mine) link = undefined
        return { code: NOT_RUN, stdout: '', stderr: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}

const PROGRAM = readFileSync(join(packageRoot(), 'lab/starter.pl'), 'utf8')

async function open(container: ReturnType<Docker['getContainer']>, gone: () => void): Promise<Link> {
  const started = { Cmd: ['perl', '-e', PROGRAM], AttachStdin: true, AttachStdout: true, AttachStderr: true }
  const exec = await container.exec(started)
  const stream = await exec.start({ hijack: true, stdin: true })
  const running = new Map<number, Started>()
  let why = ''
  const [frames, errors] = [new PassThrough(), new PassThrough()]
  container.modem.demuxStream(stream, frames, errors)
  readFrames(frames, running, (text) => {
    why += text
    over()
    stream.end()
  })
  errors.on('data', (part: Buffer) => (why += part.toString()))
  let ended = false
  const over = () => {
    ended = true
    gone()
    for (const one of running.values()) one.done(NOT_RUN, `the host has ended it. ${why}`)
    running.clear()
  }
  for (const event of ['end', 'close', 'error']) stream.on(event, over)
  return { stream, running, isOver: () => ended }
}

/** @param amiss told what is no frame: the engine's own words, where the host ends while it starts one */
function readFrames(frames: PassThrough, running: Map<number, Started>, amiss: (text: string) => void): void {
  let rest = Buffer.alloc(0)
  frames.on('data', (part: Buffer) => {
    rest = Buffer.concat([rest, part])
    for (let line = rest.indexOf('\n'); line >= 0; line = rest.indexOf('\n')) {
      const head = /^(\d+) ([oex]) (\d+)$/.exec(rest.toString('latin1', 0, line))
      if (head === null) {
        amiss(rest.toString())
        rest = Buffer.alloc(0)
        return
      }
      const [id, what, length] = [Number(head[1]), head[2], Number(head[3])]
      const end = line + 1 + length
      if (rest.length < end) return
      const bytes = rest.subarray(line + 1, end)
      rest = rest.subarray(end)
      const one = running.get(id)
      if (what === 'o') one?.out.push(bytes)
      else if (what === 'e') one?.err.push(bytes)
      else {
        running.delete(id)
        one?.done(Number(bytes.toString()))
      }
    }
  })
}
