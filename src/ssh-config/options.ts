import { resolve } from 'node:path'
import type { Origin, Problem } from '../errors.ts'
import { type Answer, evaluate, type Question } from './evaluate.ts'
import type { SshConfig } from './files.ts'
import { isYes, type JumpSpec, jumpSpecs, secondsOf } from './keywords.ts'
import { ofTheProgram } from './of-the-program.ts'
import { environmentExpanded, percentExpanded } from './tokens.ts'

/** Of whom and where the question is asked. */
export interface Here {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly localUser: string
  readonly uid: number
  readonly hostname: string
}

export interface Query extends Omit<Question, 'localUser'> {
  /** Where that is settled already, as by `ssh -p`. */
  readonly port: number | undefined
}

/** A reason for the ssh program, and where it is written. */
export interface Reason {
  readonly what: string
  readonly origin: Origin
}

/** What the files say about one host, in our own terms. undefined: nothing. */
export interface SshOptions {
  readonly hostName: string
  readonly user: string | undefined
  readonly port: number | undefined
  /** Absolute; an empty list: none at all (`IdentityFile none`). */
  readonly identityFiles: readonly string[] | undefined
  readonly identitiesOnly: boolean | undefined
  /** Absolute path of a socket. */
  readonly identityAgent: string | 'none' | undefined
  /** The way, place by place; an empty list: none (`ProxyJump none`). */
  readonly proxyJump: { readonly specs: readonly JumpSpec[]; readonly origin: Origin } | undefined
  readonly hostKeyAlias: string | undefined
  readonly userKnownHosts: readonly string[] | undefined
  readonly globalKnownHosts: readonly string[] | undefined
  readonly connectTimeout: number | undefined
  readonly aliveInterval: number | undefined
  readonly aliveCountMax: number | undefined
  readonly family: 4 | 6 | undefined
  readonly bindAddress: string | undefined
  /** Why only the ssh program can log in here. */
  readonly program: readonly Reason[]
  /** Keywords, in lower case, whose value only ssh knows. */
  readonly undecided: Answer['undecided']
  readonly problems: readonly Problem[]
}

const FAMILIES: Readonly<Record<string, 4 | 6>> = { inet: 4, inet6: 6 }

/** What the files say about a host, with all tokens replaced. */
export function sshOptions({ nodes }: SshConfig, query: Query, here: Here): SshOptions {
  const answer = evaluate(nodes, { ...query, localUser: here.localUser })
  const word = (name: string): string | undefined => answer.values.get(name)?.words[0]
  const seconds = (name: string): number | undefined => secondsOf(word(name) ?? '')
  const problems: Problem[] = []
  const unknownTokens: Reason[] = []

  const writtenPort = word('port')
  const port = writtenPort === undefined ? undefined : Number(writtenPort)
  const user = word('user')
  const alias = word('hostkeyalias')
  const shortName = here.hostname.replace(/\..*$/s, '')
  const tokens = new Map([
    ['d', here.home],
    ['h', answer.hostName],
    ['i', String(here.uid)],
    ['k', alias ?? query.name],
    ['L', shortName],
    ['l', here.hostname],
    ['n', query.name],
    ['p', String(query.port ?? port ?? 22)],
    ['r', query.user ?? user ?? query.defaultUser],
    ['u', here.localUser],
  ])
  const path = (text: string, what: string, origin: Origin): string[] => {
    const known = environmentExpanded(text.replace(/^~(?=\/|$)/, here.home), here.env)
    if ('unset' in known) {
      problems.push({ message: `${what}: the environment has no ${known.unset}`, origin })
      return []
    }
    const expanded = percentExpanded(known.text, tokens)
    if (expanded === undefined) unknownTokens.push({ what: `${what} ${text}`, origin })
    return expanded === undefined ? [] : [resolve(expanded)]
  }
  const isNone = (text: string) => text.toLowerCase() === 'none'
  const paths = (name: string): readonly string[] | undefined => {
    const statement = answer.values.get(name)
    if (statement === undefined) return undefined
    const { words, keyword, origin } = statement
    return words.filter((text) => !isNone(text)).flatMap((text) => path(text, keyword, origin))
  }
  const identities = answer.lists.get('identityfile')
  const agent = answer.values.get('identityagent')
  const proxy = answer.values.get('proxyjump')
  const jump = proxy?.name === 'proxyjump' ? proxy : undefined

  const agentPath = (): string | undefined => {
    if (agent === undefined) return undefined
    const [text] = agent.words
    if (isNone(text)) return 'none'
    if (text === 'SSH_AUTH_SOCK') return undefined
    // `$NAME` is a variable that holds the path.
    if (/^\$\w+$/.test(text)) return here.env[text.slice(1)] ?? 'none'
    return path(text, agent.keyword, agent.origin)[0]
  }
  return {
    hostName: answer.hostName,
    user,
    port,
    identityFiles: identities
      ?.filter(({ words }) => !isNone(words[0]))
      .flatMap(({ words, keyword, origin }) => path(words[0], keyword, origin)),
    identitiesOnly: maybe(word('identitiesonly'), isYes),
    identityAgent: agentPath(),
    proxyJump: jump && { specs: isNone(jump.words[0]) ? [] : (jumpSpecs(jump.words[0]) ?? []), origin: jump.origin },
    hostKeyAlias: alias,
    userKnownHosts: paths('userknownhostsfile'),
    globalKnownHosts: paths('globalknownhostsfile'),
    connectTimeout: seconds('connecttimeout') || undefined,
    aliveInterval: seconds('serveraliveinterval'),
    aliveCountMax: maybe(word('serveralivecountmax'), Number),
    family: FAMILIES[word('addressfamily')?.toLowerCase() ?? ''],
    bindAddress: word('bindaddress'),
    program: [...ofTheProgram(answer), ...unknownTokens],
    undecided: answer.undecided,
    problems,
  }
}

const maybe = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined ? undefined : read(text)
