import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { createJiti as Create, JitiOptions, TransformOptions } from 'jiti'

const library: { readonly createJiti: typeof Create } = createRequire(import.meta.url)('jiti')
const plain = library.createJiti(import.meta.url, { fsCache: false })

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url))

/**
 * What unit tests get as `jiti`: the library, that translates a text once. By itself it keeps translations by the paths of
 * files, for ever, and each test has a project folder of its own, often with the roles of the test before it.
 */
export const createJiti: typeof Create = (id, options: JitiOptions = {}) =>
  library.createJiti(id, {
    ...options,
    fsCache: id.startsWith(CHECKOUT),
    transform: (given) => ({ code: translated(given) }),
  })

const known = new Map<string, string>()

function translated(given: TransformOptions): string {
  const { filename: _, ...rest } = given
  const key = JSON.stringify(rest)
  const present = known.get(key)
  if (present !== undefined) return present
  const code = plain.transform(given)
  // These two name the file.
  if (!given.source.includes('import.meta') && !code.includes('__JITI_ERROR__')) known.set(key, code)
  return code
}
