import { constants } from 'node:fs'
import { access, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError, messageOf, type Problem } from '../errors.ts'
import type { Event } from '../execute/events.ts'
import { createListener } from '../render/files/collect.ts'
import type { MarkdownOptions } from '../render/files/markdown.ts'

/** Files that a run is told in at its end, for programs and people that don't see its output. */
export interface OutputFiles {
  event(event: Event): void
  /** @throws InputError where one can't be written, before anything is begun; what an earlier run left there is gone then */
  begin(): Promise<void>
  /** Writes them. @returns what went wrong; the run is over, so it is told and changes nothing */
  finish(): Promise<string[]>
}

export function outputFiles(
  paths: { readonly markdown?: string | undefined; readonly junit?: string | undefined },
  options: MarkdownOptions,
): OutputFiles {
  const { event, collected } = createListener(options.verbosity)
  const files: readonly [path: string | undefined, text: () => Promise<string>][] = [
    [paths.markdown, async () => (await import('../render/files/markdown.ts')).markdownText(collected(), options)],
    [paths.junit, async () => (await import('../render/files/junit.ts')).junitText(collected())],
  ]
  const named = files.flatMap(([path, text]) => (path === undefined ? [] : [{ path, text }]))
  const ready = new Set<string>()
  return {
    event: named.length === 0 ? () => undefined : event,
    async begin() {
      const problems: Problem[] = []
      for (const { path } of named) {
        try {
          await access(dirname(path), constants.W_OK)
          // Who is killed leaves none, rather than one of another run.
          await rm(path, { force: true })
          ready.add(path)
        } catch (error) {
          problems.push({
            message: `${path} can't be written: ${messageOf(error)}`,
            hint: 'name a file in a folder that is there',
          })
        }
      }
      if (problems.length > 0) throw new InputError(problems)
    },
    async finish() {
      const faults: string[] = []
      for (const { path, text } of named.filter((one) => ready.has(one.path))) {
        const staged = `${path}.${process.pid}.tmp`
        try {
          await writeFile(staged, await text())
          await rename(staged, path)
        } catch (error) {
          await rm(staged, { force: true }).catch(() => undefined)
          faults.push(`${path} is not written: ${messageOf(error)}`)
        }
      }
      return faults
    },
  }
}
