import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Problem } from '../errors.ts'
import type { Hook } from '../hooks/hook.ts'
import { dotted } from '../problems/pointer.ts'
import { originAt } from './origins.ts'
import type { HookFile } from './schemas/hooks.ts'
import type { SiteFile } from './schemas/site.ts'
import type { Source } from './source.ts'

/** Seconds. */
const TIMEOUT = 10

/**
 * The hooks of site.yml.
 * @param root absolute folder of the project
 */
export function hooksOf(
  site: Source<SiteFile>,
  root: string,
  home: string,
): { readonly hooks: readonly Hook[]; readonly problems: readonly Problem[] } {
  const files = site.data.hooks ?? []
  const path = (written: string | undefined) =>
    written === undefined ? undefined : written.startsWith('~/') ? join(home, written.slice(2)) : resolve(root, written)
  const hooks = files.map(
    (file): Hook => ({
      on: file.on,
      run: file.run,
      url: file.url,
      urlFile: path(file.url_file),
      headersFile: path(file.headers_file),
      timeout: file.timeout ?? TIMEOUT,
      required: file.required ?? false,
      dryRuns: file.dry_runs ?? false,
    }),
  )
  const problems = files.flatMap((file, i) => {
    const pointer = `/hooks/${i}`
    const origin = originAt(site.origins, pointer)
    return problemsOf(file, hooks[i], root).map((one) => ({ ...one, origin, path: dotted(pointer) }))
  })
  return { hooks, problems }
}

function problemsOf(file: HookFile, hook: Hook | undefined, root: string): Problem[] {
  const ways = [file.run, file.url, file.url_file].filter((way) => way !== undefined)
  if (ways.length !== 1) {
    return [{ message: 'a hook has one of run, url and url_file', hint: 'run: a program; url: a web address' }]
  }
  const [program = ''] = file.run ?? []
  const needed = [
    ...(program.includes('/') ? [resolve(root, program)] : []),
    ...[hook?.urlFile, hook?.headersFile].flatMap((one) => one ?? []),
  ]
  return [
    ...needed
      .filter((one) => !existsSync(one))
      .map((one) => ({ message: `the hook's file ${one} is not there`, hint: 'docs/hooks.md' })),
    ...(file.headers_file !== undefined && file.run
      ? [{ message: 'headers_file is for url; a program reads its secrets itself', hint: 'docs/hooks.md' }]
      : []),
  ]
}
