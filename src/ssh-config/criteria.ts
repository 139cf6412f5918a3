import type { Origin } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { type Matcher, patternList } from './patterns.ts'
import type { Statement } from './syntax.ts'

/** What a section is asked about: a host as far as it is known when the section comes. */
export interface Subject {
  /** As `Host` compares it: what was asked for, in a final pass what it led to. */
  readonly name: string
  /** As it was asked for. */
  readonly original: string
  /** What HostName made of it so far. */
  readonly hostName: string
  readonly user: string
  readonly localUser: string
  readonly finalPass: boolean
}

/** A line `Host` or `Match`: it says of which hosts the lines below it speak. */
export interface Section {
  /** undefined: only ssh can tell. */
  holds(subject: Subject): boolean | undefined
  /** It asks for another pass over all files. */
  readonly wantsFinal: boolean
  readonly origin: Origin
  /** As in a message: `Match exec`. */
  readonly label: string
}

type Test = (subject: Subject) => boolean | undefined

const FLAGS = ['all', 'canonical', 'final']
const COMPARED: Readonly<Record<string, (subject: Subject) => string>> = {
  host: ({ hostName }) => hostName.toLowerCase(),
  originalhost: ({ original }) => original.toLowerCase(),
  user: ({ user }) => user,
  localuser: ({ localUser }) => localUser,
}
/** What only ssh can tell: it runs a program, looks at networks, or knows what kind of session it is. */
const OF_SSH = ['exec', 'localnetwork', 'tagged', 'version', 'sessiontype', 'command']
const ALL = [...FLAGS, ...Object.keys(COMPARED), ...OF_SSH]

/** @returns what is wrong with the line, where something is */
export function criteriaOf({ name, words, origin }: Statement): Section | string {
  if (name === 'host') {
    const fits = patternList(words)
    return { holds: (subject) => fits(subject.name), wantsFinal: false, origin, label: 'Host' }
  }
  const tests: { readonly keyword: string; readonly test: Test }[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const negated = word.startsWith('!')
    const keyword = word.slice(negated ? 1 : 0).toLowerCase()
    const not = (test: Test): Test => (negated ? (subject) => negation(test(subject)) : test)
    if (!ALL.includes(keyword))
      return `Match: unknown criterion ${keyword}: ${nameHint(keyword, ALL) ?? ALL.join(', ')}`
    if (keyword === 'all' && words.length > (i === 0 ? 1 : 2)) return 'Match: all stands alone, or after final'
    if (FLAGS.includes(keyword)) {
      tests.push({ keyword, test: not(keyword === 'all' ? () => true : ({ finalPass }) => finalPass) })
      continue
    }
    i += 1
    const value = words[i]
    if (value === undefined) return `Match: there is no value after ${keyword}`
    tests.push({ keyword, test: not(comparing(keyword, value)) })
  }
  const asks = tests.find(({ keyword }) => OF_SSH.includes(keyword))
  return {
    holds: (subject) => {
      const answers = tests.map(({ test }) => test(subject))
      if (answers.includes(false)) return false
      return answers.includes(undefined) ? undefined : true
    },
    wantsFinal: tests.some(({ keyword }) => keyword === 'final'),
    origin,
    label: asks === undefined ? 'Match' : `Match ${asks.keyword}`,
  }
}

function comparing(keyword: string, value: string): Test {
  const of = COMPARED[keyword]
  if (of === undefined) return () => undefined
  // Here names of hosts know no case; on a line Host they do.
  const fits: Matcher = patternList((/host/.test(keyword) ? value.toLowerCase() : value).split(','))
  return (subject) => fits(of(subject))
}

const negation = (answer: boolean | undefined): boolean | undefined => (answer === undefined ? undefined : !answer)
