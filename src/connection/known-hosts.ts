import { createHash, createHmac } from 'node:crypto'

/**
 * known_hosts as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", has it. Pure: parse, match, decide, format.
 * A line is `[@marker] names type base64-key [comment]`.
 */
export interface KnownHost {
  readonly marker: 'cert-authority' | 'revoked' | undefined
  readonly names: Names
  readonly type: string
  /** The key's wire form: the decoded base64. */
  readonly key: Buffer
  /** 1-based. */
  readonly line: number
}

type Names =
  | { readonly hashed: true; readonly salt: Buffer; readonly hash: Buffer }
  | { readonly hashed: false; readonly patterns: readonly { readonly negated: boolean; readonly match: RegExp }[] }

export interface KnownHosts {
  readonly entries: readonly KnownHost[]
  /** Lines that say nothing usable, e.g. cut short. They are ignored. */
  readonly malformed: readonly { readonly line: number; readonly why: string }[]
}

/** What the file says about a key that a server shows. */
export type Verdict =
  | { readonly kind: 'known'; readonly line: number }
  | { readonly kind: 'unknown' }
  /** The host is known by other keys; `lines` are where. */
  | { readonly kind: 'changed'; readonly lines: readonly number[]; readonly types: readonly string[] }
  | { readonly kind: 'revoked'; readonly line: number }
  /** Only a certificate authority is known for the host. */
  | { readonly kind: 'authority'; readonly line: number }

export interface HostAddress {
  readonly address: string
  readonly port: number
}

/** The name that a host has in known_hosts: bare on port 22, else `[address]:port`; in lower case. */
export function knownHostsName({ address, port }: HostAddress): string {
  const name = address.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob.replace(/[^*?]/g, (c) => c.replace(/[\\^$.|+()[\]{}/-]/, '\\$&')).replace(/[*?]/g, (c) => (c === '*' ? '.*' : '.'))}$`,
    's',
  )

const parseNames = (field: string): Names | undefined => {
  if (field.startsWith('|')) {
    const [empty, version, salt, hash, ...more] = field.split('|')
    if (empty !== '' || version !== '1' || !salt || !hash || more.length > 0) return undefined
    return { hashed: true, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
  }
  const patterns = field
    .toLowerCase()
    .split(',')
    .filter((name) => name !== '' && name !== '!')
    .map((name) => ({ negated: name.startsWith('!'), match: globToRegExp(name.replace(/^!/, '')) }))
  return patterns.length === 0 ? undefined : { hashed: false, patterns }
}

/** The type that a key's wire form names (RFC 4253, 6.6: it begins with its own name). */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  return length === 0 || length > key.length - 4 ? undefined : key.toString('latin1', 4, 4 + length)
}

const parseLine = (text: string, line: number): KnownHost | string => {
  const fields = text.trim().split(/[ \t]+/)
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return `unknown marker ${marker}`
  const [namesField, type, base64] = fields
  if (namesField === undefined || type === undefined || base64 === undefined)
    return 'a line has names, a type and a key'
  const names = parseNames(namesField)
  if (names === undefined) return 'the host names cannot be read'
  const key = Buffer.from(base64, 'base64')
  if (keyType(key) !== type) return `the key is not a whole ${type} key`
  return {
    marker: marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : undefined,
    names,
    type,
    key,
    line,
  }
}

/** Reads the text of a known_hosts file. Never throws: what cannot be read is listed. */
export function parseKnownHosts(text: string): KnownHosts {
  const entries: KnownHost[] = []
  const malformed: { line: number; why: string }[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const parsed = parseLine(trimmed, index + 1)
    if (typeof parsed === 'string') malformed.push({ line: index + 1, why: parsed })
    else entries.push(parsed)
  }
  return { entries, malformed }
}

const hashName = (name: string, salt: Buffer) => createHmac('sha1', salt).update(name).digest()

const speaksOf = (entry: KnownHost, name: string): boolean => {
  if (entry.names.hashed) return hashName(name, entry.names.salt).equals(entry.names.hash)
  const hits = entry.names.patterns.filter((pattern) => pattern.match.test(name))
  return hits.length > 0 && !hits.some((pattern) => pattern.negated)
}

/** Entries about a host, without regard to a port it might be known under. */
const entriesOf = (known: KnownHosts, name: string): readonly KnownHost[] =>
  known.entries.filter((entry) => speaksOf(entry, name))

const plain = (entries: readonly KnownHost[]) => entries.filter((entry) => entry.marker === undefined)

/**
 * Judges a key. A host on a port of its own that is not in the file under `[address]:port` is good too when the same
 * key stands under the bare address, as in ssh(1). A host whose known keys are all of other types counts as changed:
 * known types are asked for first (see `knownTypes`), so a server that has none of them is not the one we knew.
 */
export function judge(known: KnownHosts, host: HostAddress, key: Buffer): Verdict {
  const own = entriesOf(known, knownHostsName(host))
  const bare = host.port === 22 ? [] : entriesOf(known, host.address.toLowerCase())
  const same = (entry: KnownHost) => entry.key.equals(key)
  const revoked = [...own, ...bare].find((entry) => entry.marker === 'revoked' && same(entry))
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line }
  const found = plain(own).find(same)
  if (found !== undefined) return { kind: 'known', line: found.line }
  const others = plain(own)
  if (others.length > 0) {
    return {
      kind: 'changed',
      lines: others.map((entry) => entry.line),
      types: [...new Set(others.map((entry) => entry.type))],
    }
  }
  const elsewhere = plain(bare).find(same)
  if (elsewhere !== undefined) return { kind: 'known', line: elsewhere.line }
  const authority = own.find((entry) => entry.marker === 'cert-authority')
  return authority === undefined ? { kind: 'unknown' } : { kind: 'authority', line: authority.line }
}

/** Types of the keys that the host is known by, in the file's order. */
export function knownTypes(known: KnownHosts, host: HostAddress): string[] {
  const own = plain(entriesOf(known, knownHostsName(host)))
  const used = own.length > 0 || host.port === 22 ? own : plain(entriesOf(known, host.address.toLowerCase()))
  return [...new Set(used.map((entry) => entry.type))]
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/**
 * A line to append, with its newline.
 * @param salt 20 random bytes: the name is hashed, as HashKnownHosts does; undefined: it is written as it is.
 */
export function formatKnownHost(host: HostAddress, key: Buffer, salt?: Buffer): string {
  const name = knownHostsName(host)
  const shown = salt === undefined ? name : `|1|${salt.toString('base64')}|${hashName(name, salt).toString('base64')}`
  return `${shown} ${keyType(key) ?? 'unknown'} ${key.toString('base64')}\n`
}
