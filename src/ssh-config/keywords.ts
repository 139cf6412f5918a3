import { isIPv6 } from 'node:net'
import { isSlip } from '../problems/nearest.ts'

/** Takes the words of a statement for good, or says what is wrong with them. */
type Check = (words: readonly [string, ...string[]]) => string | undefined

const one =
  (check: (word: string) => string | undefined = () => undefined): Check =>
  ([word, ...more]) =>
    more.length > 0 ? 'takes one value' : check(word)

export const isYes = (word: string): boolean => /^(yes|true)$/i.test(word)

const yesOrNo = one((word) => (/^(yes|true|no|false)$/i.test(word) ? undefined : 'takes yes or no'))

/** `90`, `1m30s`; undefined: no time. */
export function secondsOf(word: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(word)) return undefined
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
  const parts = [...word.matchAll(/(\d+)([smhdw]?)/gi)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit?.toLowerCase() || 's'] ?? 1), 0)
}

const isNone = (word: string) => word.toLowerCase() === 'none'
const time = one((word) =>
  isNone(word) || secondsOf(word) !== undefined ? undefined : 'takes a time, such as 30 or 1m',
)

/** One place on the way to a host. */
export interface JumpSpec {
  readonly user: string | undefined
  readonly host: string
  readonly port: number | undefined
}

/** `[ssh://][user@]host[:port]`, an IPv6 address in brackets where a port follows. */
export function jumpSpec(text: string): JumpSpec | undefined {
  const found = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^@:[\]\s]+))(?::(\d{1,5}))?$/.exec(text)
  if (found === null) return isIPv6(text) ? { user: undefined, host: text, port: undefined } : undefined
  const [, user, bracketed, plain, digits] = found
  const port = digits === undefined ? undefined : Number(digits)
  const host = bracketed ?? plain ?? ''
  if (host.startsWith('-') || user?.startsWith('-') || (port !== undefined && (port < 1 || port > 65_535)))
    return undefined
  return { user, host, port }
}

/** All places of a list with commas, in the order in which they are passed; undefined where one is none. */
export function jumpSpecs(text: string): JumpSpec[] | undefined {
  const specs = text.split(',').map((part) => jumpSpec(part.trim()))
  const valid = specs.filter((spec) => spec !== undefined)
  return valid.length === specs.length ? valid : undefined
}

/** The keywords that count here, by their name in lower case, and what their value must be. */
export const KEYWORDS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['hostname', one()],
  ['user', one()],
  [
    'port',
    one((word) =>
      /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535 ? undefined : 'takes a port: 1 to 65535',
    ),
  ],
  ['identityfile', one()],
  ['identitiesonly', yesOrNo],
  ['identityagent', one()],
  [
    'proxyjump',
    one((word) =>
      isNone(word) || jumpSpecs(word) !== undefined
        ? undefined
        : 'takes [user@]host[:port], several with commas, or none',
    ),
  ],
  ['proxycommand', () => undefined],
  ['hostkeyalias', one()],
  ['userknownhostsfile', () => undefined],
  ['globalknownhostsfile', () => undefined],
  ['connecttimeout', time],
  ['serveraliveinterval', time],
  ['serveralivecountmax', one((word) => (/^\d{1,5}$/.test(word) ? undefined : 'takes a number'))],
  ['addressfamily', one((word) => (/^(any|inet|inet6)$/i.test(word) ? undefined : 'takes any, inet or inet6'))],
  ['bindaddress', one()],
  ['certificatefile', one()],
  ['pkcs11provider', one()],
  ['gssapiauthentication', yesOrNo],
  ['hostbasedauthentication', yesOrNo],
  ['canonicalizehostname', one()],
  ['knownhostscommand', () => undefined],
  ['revokedhostkeys', one()],
  ['verifyhostkeydns', one()],
  ['bindinterface', one()],
  ['tag', one()],
])

/** Their names as the manual writes them, for hints. */
const WRITTEN = [
  ...['HostName', 'User', 'Port', 'IdentityFile', 'IdentitiesOnly', 'IdentityAgent', 'ProxyJump', 'ProxyCommand'],
  ...['HostKeyAlias', 'UserKnownHostsFile', 'GlobalKnownHostsFile', 'ConnectTimeout', 'ServerAliveInterval'],
  ...['ServerAliveCountMax', 'AddressFamily', 'BindAddress', 'CertificateFile', 'PKCS11Provider'],
]

/**
 * The keyword that one was meant to be, where a letter of it is wrong. Others that are not known here are left to
 * ssh: there are many, and each release has more.
 */
export function misspelt(keyword: string): string | undefined {
  return KEYWORDS.has(keyword.toLowerCase()) ? undefined : WRITTEN.find((known) => isSlip(keyword, known))
}
