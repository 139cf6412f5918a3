import type { ProjectDigests } from '../digests/project-digests.ts'
import type { Event } from '../execute/events.ts'
import { createFold } from './fold.ts'
import type { RecordsFolder, RecordsPolicy } from './folder.ts'
import { recordFile } from './names.ts'
import type { RecordEnd, RecordHead } from './record.ts'
import { prune } from './retention.ts'
import { endLine, eventLine, headLine, indexLine } from './shape.ts'
import { openRecord, type RecordWriter } from './writer.ts'

export interface RecorderInput {
  /** Told once, when the record can't be written: the run goes on without. */
  warn(message: string, hint: string): void
}

/** What a run is recorded by. */
export interface RecordInput {
  readonly head: RecordHead
  readonly folder: RecordsFolder
  readonly policy: RecordsPolicy
  /** Found out while the run is at work; never fails. */
  readonly digests?: Promise<ProjectDigests | undefined> | undefined
}

/** Writes down what a run tells. */
export interface Recorder {
  /** From here on there is a record; what was told before is in it, too. */
  begin(input: RecordInput): void
  event(event: Event): void
  /** The run has ended with this exit status. Resolves when the record is whole. Never throws. */
  finish(status: number): Promise<void>
}

/** Milliseconds that the end of a run waits for a disk. */
const PATIENCE_MS = 10_000

/** A recorder of one run. Where no run begins, as with wrong input, nothing is written. */
export function createRecorder({ warn }: RecorderInput): Recorder {
  const began = performance.now()
  const fold = createFold()
  let early: { event: Event; at: number }[] = []
  let record: (RecordInput & { readonly writer: RecordWriter }) | undefined
  let isBroken = false

  const broke = (path: string, error: unknown): void => {
    if (isBroken) return
    isBroken = true
    const why = error instanceof Error ? error.message : String(error)
    warn(`the record of this run can't be written in ${path}: ${why}`, HINT)
  }
  return {
    begin(input) {
      if (record) return
      const { head, folder } = input
      const failed = (error: unknown) => broke(folder.path, error)
      const writer = openRecord({ folder: folder.path, file: fileOf(head), shared: folder.shared, failed })
      record = { ...input, writer }
      writer.line(headLine(head))
      for (const { event, at } of early) writer.line(eventLine(event, at))
      early = []
    },
    event(event) {
      const at = performance.now() - began
      fold.event(event)
      if (record) record.writer.line(eventLine(event, at))
      else early.push({ event, at })
    },
    async finish(status) {
      if (!record) return
      const { head, folder, policy, writer } = record
      const digests = await record.digests
      const ms = Math.round(performance.now() - began)
      const end: RecordEnd = { status, ms, ...fold.outcome(), ...(digests && { digests }) }
      writer.line(endLine(end))
      const done = writer.finish(indexLine(head, end)).then(() => prune(folder.path, policy))
      if (!(await inTime(done))) broke(folder.path, new Error('the disk does not answer'))
    },
  }
}

/** Whether something comes to its end before patience does. */
async function inTime(done: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false)
  })
  return await Promise.race([done.then(() => true), late]).finally(() => clearTimeout(timer))
}

const HINT = 'the run goes on without it; records: in site.yml names another folder, and $XDG_STATE_HOME the usual one'

const fileOf = ({ id, began, inventory, check }: RecordHead): string =>
  recordFile({ id, began: Date.parse(began), inventory, check })
