import { EMPTY, joinScripts, type Script } from '../shell/script.ts'
import { probeFiles, sharedFiles, type WantedFile } from './content.ts'
import { probeUnits, unitBlocks } from './units.ts'

/** What several kinds ask: how files are, and what systemd says of units. */
export interface Shared {
  readonly files?: readonly WantedFile[] | undefined
  readonly units?: readonly string[] | undefined
}

/** The script of the question: what the probe of a kind with `shared` begins with. */
export function probeShared({ files, units = [] }: Shared): Script {
  const scripts = [...(files ? [probeFiles(files)] : []), ...(units.length > 0 ? [probeUnits(units)] : [])]
  return scripts.length === 0 ? EMPTY : joinScripts(scripts)
}

/** The questions of several kinds as one: each unit once. Undefined: nobody asks. */
export interface Gathered {
  readonly files: readonly WantedFile[] | undefined
  readonly units: readonly string[] | undefined
}

export function gatherShared(all: readonly Shared[]): Gathered {
  const files = all.flatMap((one) => one.files ?? [])
  const units = [...new Set(all.flatMap((one) => one.units ?? []))]
  return { files: all.some((one) => one.files) ? files : undefined, units: units.length > 0 ? units : undefined }
}

/**
 * What each of these questions would have been answered alone.
 * @param answers to what {@link gatherShared} made of them; undefined: that one failed
 * @returns undefined for a question that has no answer
 * @throws Error when an answer is not whole
 */
export function splitShared(
  all: readonly Shared[],
  answers: { readonly files: string | undefined; readonly units: string | undefined },
): (string | undefined)[] {
  const names = gatherShared(all).units ?? []
  const filesFrom = answers.files === undefined ? undefined : sharedFiles(answers.files)
  const blocks = answers.units === undefined ? undefined : unitBlocks(answers.units, names)
  let before = 0
  return all.map(({ files, units = [] }) => {
    const ownFiles = files && filesFrom?.(before, files.length)
    before += files?.length ?? 0
    if ((files && ownFiles === undefined) || (units.length > 0 && blocks === undefined)) return undefined
    const ownUnits = units.map((unit) => blocks?.[names.indexOf(unit)] ?? '').join('\n\n')
    return [ownFiles ?? '', ownUnits].filter((part) => part !== '').join('\n')
  })
}
