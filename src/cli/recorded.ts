import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { projectDigests } from '../digests/project-digests.ts'
import type { Event } from '../execute/events.ts'
import { inventoryLabel } from '../inventory/folders.ts'
import { thisController } from '../records/controller.ts'
import { recordsFolder } from '../records/folder.ts'
import type { RecordHead } from '../records/record.ts'
import { createRecorder } from '../records/recorder.ts'
import type { Prepared } from '../run/prepare.ts'
import type { HostFlags } from './host-options.ts'
import { againWords } from './retry-command.ts'
import { version } from './version.ts'

/** A run that is written down as it is shown. */
export interface Recorded {
  /** The run's name. */
  readonly id: string
  event(event: Event): void
  /** All input is read: who, what and where is known, and what is secret. */
  begun(prepared: Prepared): void
  /** Resolves when the record is whole, or can't be. Never throws. */
  finish(status: number): Promise<void>
}

/** What of a command does the same once more. */
export interface RecordedJob {
  readonly name: string | undefined
  readonly again: readonly string[]
  readonly given?: HostFlags | undefined
}

/** @param show is told every event, and what is wrong with the record */
export function recorded(
  flags: HostFlags,
  job: RecordedJob,
  argv: readonly string[],
  show: (event: Event) => void,
): Recorded {
  const id = randomBytes(9).toString('hex')
  const recorder = createRecorder({ warn: (message, hint) => show({ type: 'warning', message, hint }) })
  return {
    id,
    event(event) {
      recorder.event(event)
      show(event)
    },
    begun({ inventory, mask }) {
      const root = resolve(flags.project)
      const text = (word: string) => mask.text(word)
      const head: RecordHead = {
        id,
        began: new Date().toISOString(),
        by: thisController(),
        project: root,
        inventory: inventoryLabel(root, inventory.name),
        check: flags.check,
        provision: version(),
        argv: argv.map(text),
        again: againWords(job.name, job.given ?? flags, job.again, text),
        limit: (job.given ?? flags).limit.map(text),
      }
      recorder.begin({
        head,
        folder: recordsFolder(root, inventory.records.dir),
        policy: inventory.records,
        digests: projectDigests({ root, inventory: inventory.dir, version: version() }).catch(() => undefined),
      })
    },
    finish: (status) => recorder.finish(status),
  }
}
