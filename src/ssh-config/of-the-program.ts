import type { Origin } from '../errors.ts'
import type { Answer } from './evaluate.ts'
import { isYes } from './keywords.ts'

type Wanted = (word: string) => boolean

const isSet: Wanted = (word) => word.toLowerCase() !== 'none'
const isOn: Wanted = (word) => isYes(word)

/** What only the ssh program can do, by keyword in lower case. */
const ONLY_THERE: ReadonlyMap<string, Wanted> = new Map<string, Wanted>([
  ['pkcs11provider', isSet],
  ['gssapiauthentication', isOn],
  ['hostbasedauthentication', isOn],
  ['canonicalizehostname', (word) => isYes(word) || word.toLowerCase() === 'always'],
  ['knownhostscommand', isSet],
  ['revokedhostkeys', isSet],
  ['verifyhostkeydns', isOn],
  ['bindinterface', isSet],
])

/** Why only the ssh program can log in, and where that is written. */
export function ofTheProgram({
  values,
  lists,
  undecided,
}: Answer): { readonly what: string; readonly origin: Origin }[] {
  const proxy = values.get('proxyjump')
  const own = [...values.values()].flatMap(({ name, keyword, words, origin }) =>
    ONLY_THERE.get(name)?.(words[0]) ? [{ what: keyword, origin }] : [],
  )
  const certificates = (lists.get('certificatefile') ?? []).filter(({ words }) => isSet(words[0]))
  const sections = new Map(
    [...undecided.values()].map(({ label, origin }) => [`${origin.file}:${origin.line}`, { what: label, origin }]),
  )
  return [
    ...(proxy?.name === 'proxycommand' && proxy.words.join(' ').toLowerCase() !== 'none'
      ? [{ what: proxy.keyword, origin: proxy.origin }]
      : []),
    ...certificates.map(({ keyword, origin }) => ({ what: keyword, origin })),
    ...own,
    ...sections.values(),
  ]
}
