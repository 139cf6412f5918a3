import { ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { SUITES, type Suite } from './image.ts'

/** The system of hosts where nothing is said. */
const DEFAULT_SUITE: Suite = 'trixie'

/**
 * Which system a host of a lab runs, by words of a command line: `sid` for all, `db=sid` for a tier or a host.
 * @throws ProvisionError for a suite that no image is made of
 */
export function suiteChooser(
  words: readonly string[],
): (host: { readonly name: string; readonly tier: string }) => Suite {
  const chosen = new Map(
    words.map((word) => {
      const [, whose = '', suite = ''] = /^(?:([^=]*)=)?(.*)$/.exec(word) ?? []
      return [whose, suiteNamed(suite)]
    }),
  )
  return ({ name, tier }) => chosen.get(name) ?? chosen.get(tier) ?? chosen.get('') ?? DEFAULT_SUITE
}

/** @throws ProvisionError */
export function suiteNamed(name: string): Suite {
  const found = SUITES.find((suite) => suite === name)
  if (found !== undefined) return found
  throw new ProvisionError(`there is no suite '${name}' for hosts of a lab`, {
    code: 'input',
    hint: nameHint(name, SUITES),
  })
}
