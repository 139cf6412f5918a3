import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What became of files that a command has to give. */
export interface Written {
  readonly made: readonly string[]
  /** They were there: nothing is written over. */
  readonly kept: readonly string[]
}

/**
 * Writes those of the files that are not there yet, in their order.
 * @param files texts by path, relative to the folder
 */
export async function writeNew(root: string, files: ReadonlyMap<string, string>): Promise<Written> {
  const made: string[] = []
  const kept: string[] = []
  for (const [file, text] of files) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    const isNew = await writeFile(join(root, file), text, { flag: 'wx' }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
        throw error
      },
    )
    ;(isNew ? made : kept).push(file)
  }
  return { made, kept }
}
