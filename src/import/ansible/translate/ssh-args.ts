import { messageOf } from '../../../errors.ts'
import { shlexSplit } from '../parse/shlex.ts'

/** What arguments of the ssh program ask for, in the terms of a `connection`. */
export interface SshArgs {
  /** `user@host:port`, several with commas, as ssh's -J takes them. */
  readonly proxyJump?: string
  readonly user?: string
  readonly port?: number
  readonly identityFile?: string
  readonly knownHosts?: string
  readonly hostKeyChecking?: 'strict' | 'accept-new'
  readonly connectTimeout?: number
  /** What has no field in a connection: how it was written, and what to do. */
  readonly left: readonly Left[]
}

export interface Left {
  /** The option alone, without its value, which may be anything. */
  readonly option: string
  readonly hint: string
}

const IN_SSH_CONFIG = 'put it into ~/.ssh/config, which is read for every host'

const NO_AGENT = 'nothing on a host logs in further, so your agent is not lent to it'

/** They say how ssh keeps connections; here one connection a host is kept anyway. */
const NEEDLESS = new Set([
  'controlmaster',
  'controlpersist',
  'controlpath',
  'compression',
  'gssapiauthentication',
  'preferredauthentications',
  'passwordauthentication',
  'kbdinteractiveauthentication',
  'batchmode',
  'loglevel',
  'serveraliveinterval',
  'serveralivecountmax',
  'tcpkeepalive',
  'identitiesonly',
  'requesttty',
  'ipqos',
  'updatehostkeys',
])

/** @param text `ansible_ssh_common_args` or its like */
export function readSshArgs(text: string): SshArgs {
  try {
    return options(shlexSplit(text))
  } catch (error) {
    return { left: [{ option: 'ssh arguments', hint: `they can't be read: ${messageOf(error)}` }] }
  }
}

/** Flags of ssh that take a value. */
const WITH_VALUE = 'BbcDEeFIiJLlmOopQRSWw'

function options(words: readonly string[]): SshArgs {
  let found: SshArgs = { left: [] }
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? ''
    const flag = /^-([A-Za-z0-9])(.*)$/s.exec(word)
    const [, letter = '', rest = ''] = flag ?? []
    if (flag === null) found = leave(found, 'an argument that is no option', IN_SSH_CONFIG)
    else if (!WITH_VALUE.includes(letter)) {
      if (letter === 'A') found = leave(found, '-A', NO_AGENT)
      else if (!/^-[qCTtnx46kv]+$/.test(word)) found = leave(found, word, IN_SSH_CONFIG)
    } else {
      const value = rest === '' ? (words[i + 1] ?? '') : rest
      if (rest === '') i += 1
      found = withFlag(found, letter, value)
    }
  }
  return found
}

function withFlag(found: SshArgs, letter: string, value: string): SshArgs {
  if (letter === 'o') {
    const [, name = '', text = ''] = /^\s*([A-Za-z]+)\s*[=\s]\s*(.*)$/s.exec(value) ?? []
    return withOption(found, name, unquoted(text))
  }
  const name = { J: 'ProxyJump', l: 'User', p: 'Port', i: 'IdentityFile' }[letter]
  return name === undefined ? leave(found, `-${letter}`, IN_SSH_CONFIG) : withOption(found, name, value)
}

function withOption(found: SshArgs, name: string, value: string): SshArgs {
  // ssh takes the first of a keyword.
  const first = <K extends keyof SshArgs>(key: K, to: SshArgs[K]): SshArgs => ({ ...found, [key]: found[key] ?? to })
  switch (name.toLowerCase()) {
    case 'proxyjump':
      return value.toLowerCase() === 'none' ? found : first('proxyJump', value)
    case 'proxycommand':
      return withProxyCommand(found, value)
    case 'user':
      return first('user', value)
    case 'port':
      return /^\d+$/.test(value) ? first('port', Number(value)) : leave(found, name, IN_SSH_CONFIG)
    case 'identityfile':
      return first('identityFile', value)
    case 'userknownhostsfile':
      return knownHosts(found, value)
    case 'globalknownhostsfile':
      return value === '/dev/null' ? unchecked(found, name) : leave(found, name, IN_SSH_CONFIG)
    case 'stricthostkeychecking':
      return first('hostKeyChecking', value.toLowerCase() === 'yes' || value === 'ask' ? 'strict' : 'accept-new')
    case 'connecttimeout':
      return /^\d+$/.test(value) && value !== '0' ? first('connectTimeout', Number(value)) : found
    case 'forwardagent':
      return leave(found, 'ForwardAgent', NO_AGENT)
    default:
      return NEEDLESS.has(name.toLowerCase()) ? found : leave(found, name || '-o', IN_SSH_CONFIG)
  }
}

/** Several files are one here; /dev/null is how checking is switched off. */
function knownHosts(found: SshArgs, value: string): SshArgs {
  const [file = '', ...more] = value.split(/\s+/)
  if (file === '/dev/null') {
    return unchecked({ ...found, hostKeyChecking: found.hostKeyChecking ?? 'accept-new' }, 'UserKnownHostsFile')
  }
  const set = { ...found, knownHosts: found.knownHosts ?? file }
  return more.length === 0 ? set : leave(set, 'UserKnownHostsFile', 'only the first file is carried')
}

const unchecked = (found: SshArgs, option: string): SshArgs =>
  leave(found, option, 'host keys are never thrown away here: provision trust shows and records them')

/** `ssh -W %h:%p bastion` and `ssh bastion nc %h %p` are what ProxyJump does. */
function withProxyCommand(found: SshArgs, command: string): SshArgs {
  if (command.toLowerCase() === 'none') return found
  const jump = jumpOf(command)
  if (jump !== undefined) {
    const set = { ...found, proxyJump: found.proxyJump ?? jump.to }
    return jump.loses.length === 0
      ? set
      : leave(set, `ProxyCommand with ${jump.loses.join(', ')}`, `give ${jump.to} these in ~/.ssh/config`)
  }
  const hint = 'no plain jump: put it into ~/.ssh/config, and such a host uses the ssh program'
  return leave(found, 'ProxyCommand', hint)
}

interface Jump {
  readonly to: string
  /** What the way to the jump host asks for that a jump has no room for. */
  readonly loses: readonly string[]
}

function jumpOf(command: string): Jump | undefined {
  const words = [...shlexSplit(command)]
  if (words[0] === 'exec') words.shift()
  if (!/(^|\/)ssh$/.test(words.shift() ?? '')) return undefined
  let host: string | undefined
  let user: string | undefined
  let port: string | undefined
  let through: string | undefined
  let before: string | undefined
  const loses: string[] = []
  const rest: string[] = []
  while (words.length > 0) {
    const word = words.shift() ?? ''
    const [, letter = '', tail = ''] = /^-([A-Za-z0-9])(.*)$/s.exec(word) ?? []
    // What follows the host, and isn't an option, is a command.
    if (letter === '' || rest.length > 0) {
      if (host === undefined) host = word
      else rest.push(word)
    } else if (WITH_VALUE.includes(letter)) {
      const value = tail === '' ? (words.shift() ?? '') : tail
      const [, name = '', text = ''] = letter === 'o' ? (/^\s*([A-Za-z]+)\s*[=\s]\s*(.*)$/s.exec(value) ?? []) : []
      const keyword = name.toLowerCase()
      if (letter === 'W') through = value
      else if (letter === 'l' || keyword === 'user') user ??= text || value
      else if (letter === 'p' || keyword === 'port') port ??= text || value
      else if (letter === 'J' || keyword === 'proxyjump') before ??= text || value
      else if (letter === 'i' || keyword === 'identityfile') loses.push('IdentityFile')
      else if (letter === 'o' && NEEDLESS.has(keyword)) continue
      else loses.push(letter === 'o' ? name : `-${letter}`)
    }
  }
  if (host === undefined || host.includes('%')) return undefined
  const isForward = through === undefined ? isNetcat(rest) : /^\[?%h\]?:%p$/.test(through) && rest.length === 0
  if (!isForward) return undefined
  const target = /^(?:ssh:\/\/)?(?:([^@]+)@)?(.+)$/.exec(host)
  const [, own, name = host] = target ?? []
  const login = own ?? user
  const to = `${login === undefined ? '' : `${login}@`}${name}${port === undefined ? '' : `:${port}`}`
  return { to: before === undefined ? to : `${before},${to}`, loses: [...new Set(loses)] }
}

const isNetcat = (words: readonly string[]): boolean =>
  /(^|\/)(nc|ncat|netcat)$/.test(words[0] ?? '') && words.at(-2) === '%h' && words.at(-1) === '%p'

const unquoted = (text: string): string => /^"(.*)"$/s.exec(text)?.[1] ?? text

const leave = (found: SshArgs, option: string, hint: string): SshArgs => ({
  ...found,
  left: [...found.left, { option, hint }],
})
