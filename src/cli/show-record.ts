import { createReadStream } from 'node:fs'
import { InputError } from '../errors.ts'
import { findRecords, namedRecord } from '../looking/history/find.ts'
import { headLines, tailLines } from '../looking/history/show-lines.ts'
import { isOverview, overviewOf } from '../records/list.ts'
import { parseName, type RecordName } from '../records/names.ts'
import { type RecordOverview, readEvents, readOverview } from '../records/read.ts'
import { paint } from '../render/format/line.ts'
import { createRenderer } from '../render/index.ts'
import type { HostFlags } from './host-options.ts'
import { wantsColor } from './main.ts'

export type ShowFlags = Pick<HostFlags, 'inventory' | 'project' | 'diff' | 'json' | 'verbose' | 'color'>

/** Whether a file is a record, whatever it is called. */
export async function isRecordFile(path: string): Promise<boolean> {
  const head = await firstBytes(path)
  return head[0] === 0x1f && head[1] === 0x8b
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of createReadStream(path, { end: 1 })) if (Buffer.isBuffer(chunk)) return chunk
  return Buffer.alloc(0)
}

/** Prints a record as the run's terminal did. @param run its name, as far as needed, `latest`, or a file */
export async function showRecord(run: string, isFile: boolean, flags: ShowFlags): Promise<void> {
  const one = isFile ? await recordIn(run) : await recordNamed(run, flags)
  const { stdout } = process
  const color = wantsColor(flags)
  const print = (lines: ReturnType<typeof headLines>) => {
    for (const line of lines) stdout.write(`${paint(line, color)}\n`)
  }
  if (!flags.json) print(headLines(one))
  // All of it is what was asked for: warnings of the run, too, are no warnings now.
  const renderer = await createRenderer(flags.json ? 'json' : 'plain', {
    out: stdout,
    err: stdout,
    color,
    columns: stdout.columns ?? 120,
    diff: flags.diff !== false,
    full: flags.diff === 'full',
    verbosity: flags.verbose,
  })
  for await (const { event } of readEvents(one.path)) {
    renderer.event(event)
    // A record may be larger than what should wait for a slow reader.
    if (stdout.writableNeedDrain) await new Promise((resolve) => stdout.once('drain', resolve))
  }
  if (!flags.json) print(tailLines(one))
  await renderer.finish()
}

/** A run by the beginning of its name, or `latest`. @throws InputError where that is none, or can not be read */
export async function recordNamed(
  run: string,
  flags: Pick<ShowFlags, 'inventory' | 'project'>,
): Promise<RecordOverview> {
  const { folder, name } = namedRecord(await findRecords(flags), run)
  const one = await overviewOf(folder, name)
  if (isOverview(one)) return one
  throw new InputError([{ message: `the record ${name.file} in ${folder} can't be read: ${one.why}` }])
}

/** @throws InputError where the file is no record */
export async function recordIn(path: string): Promise<RecordOverview> {
  const name: RecordName | undefined = parseName(path.split('/').at(-1) ?? '')
  const one = await readOverview(path, name?.state === 'part')
  if (one) return one
  throw new InputError([{ message: `${path} is no record of a run of this version` }])
}
