import { randomBytes } from 'node:crypto'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError, messageOf } from '../errors.ts'

/** @throws InputError where node_exporter would not read a file of this name */
export function needTextfile(path: string): void {
  if (basename(path).endsWith('.prom') && !basename(path).startsWith('.')) return
  throw new InputError([
    {
      message: `--textfile ${path}: node_exporter reads files whose names end in .prom, and no others`,
      hint: 'on Debian and Ubuntu they lie in /var/lib/prometheus/node-exporter/',
    },
  ])
}

/** Replaces the file at once: whoever reads it sees all of the old or all of the new. @throws InputError where it can't */
export async function writeTextfile(path: string, text: string): Promise<void> {
  // Not .prom: a half of it is not to be read.
  const staged = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(staged, text, { flag: 'wx' })
    // The collector is another user, whatever the umask.
    await chmod(staged, 0o644)
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true }).catch(() => undefined)
    throw new InputError([
      {
        message: `the metrics can't be written to ${path}: ${messageOf(error)}`,
        hint: 'its folder must be writable by the user of this run',
      },
    ])
  }
}
