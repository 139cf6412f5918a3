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
  | {
      readonly hashed: false
      readonly patterns: readonly { readonly negated: boolean; readonly match: RegExp }[]
      /** The names as they are; undefined where one of them is a pattern. */
      readonly exact: readonly string[] | undefined
    }

/**
 * A file with an index. Names that stand there as they are are looked up. They may be patterns, or hashed, each with a salt
 * of its own: there a name is found only by trying it on each of them. No name is tried on an entry twice, and on none that
 * is known to be of another.
 */
export interface KnownHosts {
  readonly entries: readonly KnownHost[]
  /** Keys that servers show are of several types, or of another than this one. */
  differFrom(type: string): boolean
  /** Lines that say nothing usable, e.g. cut short. They are ignored. */
  readonly malformed: readonly { readonly line: number; readonly why: string }[]
  /** Entries about a name, in the file's order; with `key`: only those of this key, which are found without the others. */
  about(name: string, key?: Buffer): readonly KnownHost[]
  /** Takes in a line that was appended to the file, as `formatKnownHost` made it for this name. */
  append(line: string, name: string): void
}

/** What the file says about a key that a server shows. */
export type KeyVerdict =
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
  const names = field
    .toLowerCase()
    .split(',')
    .filter((name) => name !== '' && name !== '!')
  if (names.length === 0) return undefined
  if (!names.some((name) => /^!|[*?]/.test(name))) return { hashed: false, patterns: [], exact: names }
  const patterns = names.map((name) => ({ negated: name.startsWith('!'), match: globToRegExp(name.replace(/^!/, '')) }))
  return { hashed: false, patterns, exact: undefined }
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

/** Of a name and a salt. */
type HashName = (name: string, salt: Buffer) => Buffer

const hashName: HashName = (name, salt) => createHmac('sha1', salt).update(name).digest()

/** Reads the text of a known_hosts file. Never throws: what cannot be read is listed. */
export function parseKnownHosts(text: string, hash: HashName = hashName): KnownHosts {
  const entries: KnownHost[] = []
  const malformed: { line: number; why: string }[] = []
  const lines = text.split('\n')
  for (const [index, raw] of lines.entries()) {
    const trimmed = raw.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const parsed = parseLine(trimmed, index + 1)
    if (typeof parsed === 'string') malformed.push({ line: index + 1, why: parsed })
    else entries.push(parsed)
  }
  return indexed(entries, malformed, lines.at(-1)?.trim() === '' ? lines.length : lines.length + 1, hash)
}

/** What is known of a name: entries up to some place were looked at, and single ones beyond it. */
interface Sight {
  upTo: number
  readonly found: KnownHost[]
  readonly apart: Map<KnownHost, boolean>
}

function indexed(
  entries: KnownHost[],
  malformed: KnownHosts['malformed'],
  nextLine: number,
  hash: HashName,
): KnownHosts {
  const byName = new Map<string, KnownHost[]>()
  /** Entries on which names are tried, and the same by key. */
  const tried: KnownHost[] = []
  const byKey = new Map<string, KnownHost[]>()
  /** A hash is of one name. */
  const owners = new Map<KnownHost, string>()
  const sights = new Map<string, Sight>()
  const file = (entry: KnownHost): void => {
    if (!entry.names.hashed && entry.names.exact) {
      for (const name of new Set(entry.names.exact)) add(byName, name, entry)
    } else {
      tried.push(entry)
      add(byKey, entry.key.toString('base64'), entry)
    }
  }
  entries.forEach(file)

  const sightOf = (name: string): Sight => {
    const sight = sights.get(name) ?? { upTo: 0, found: [], apart: new Map() }
    sights.set(name, sight)
    return sight
  }
  const speaksOf = (entry: KnownHost, name: string, { apart }: Sight): boolean => {
    if (!entry.names.hashed) return matches(entry.names.patterns, name)
    const owner = owners.get(entry)
    if (owner !== undefined) return owner === name
    const before = apart.get(entry)
    if (before !== undefined) return before
    const speaks = hash(name, entry.names.salt).equals(entry.names.hash)
    if (speaks) owners.set(entry, name)
    return speaks
  }
  let types = { of: 0, all: new Set<string>() }
  return {
    entries,
    malformed,
    differFrom(type) {
      if (types.of < entries.length) {
        types = { of: entries.length, all: new Set(plain(entries).map((entry) => entry.type)) }
      }
      return [...types.all].some((one) => one !== type)
    },
    about(name, key) {
      const named = byName.get(name) ?? []
      if (tried.length === 0) return key === undefined ? named : named.filter((entry) => entry.key.equals(key))
      const sight = sightOf(name)
      if (key !== undefined && sight.upTo < tried.length) {
        const found = (byKey.get(key.toString('base64')) ?? []).filter((entry) => {
          const speaks = speaksOf(entry, name, sight)
          sight.apart.set(entry, speaks)
          return speaks
        })
        return inOrder([...named.filter((entry) => entry.key.equals(key)), ...found])
      }
      for (const entry of tried.slice(sight.upTo)) if (speaksOf(entry, name, sight)) sight.found.push(entry)
      sight.upTo = tried.length
      sight.apart.clear()
      const found = inOrder([...named, ...sight.found])
      return key === undefined ? found : found.filter((entry) => entry.key.equals(key))
    },
    append(line, name) {
      const entry = parseLine(line, nextLine)
      nextLine += 1
      if (typeof entry === 'string') return
      entries.push(entry)
      file(entry)
      owners.set(entry, name)
    },
  }
}

const add = (all: Map<string, KnownHost[]>, key: string, entry: KnownHost): void => {
  const same = all.get(key)
  if (same) same.push(entry)
  else all.set(key, [entry])
}

const inOrder = (entries: readonly KnownHost[]) => entries.toSorted((a, b) => a.line - b.line)

const matches = (patterns: Extract<Names, { hashed: false }>['patterns'], name: string): boolean => {
  const hits = patterns.filter((pattern) => pattern.match.test(name))
  return hits.length > 0 && !hits.some((pattern) => pattern.negated)
}

const plain = (entries: readonly KnownHost[]) => entries.filter((entry) => entry.marker === undefined)

/**
 * Judges a key. A host on a port of its own that is not in the file under `[address]:port` is good too when the same
 * key stands under the bare address, as in ssh(1). A host whose known keys are all of other types counts as changed:
 * known types are asked for first (see `knownTypes`), so a server that has none of them is not the one we knew.
 */
export function judge(known: KnownHosts, host: HostAddress, key: Buffer): KeyVerdict {
  const name = knownHostsName(host)
  const bare = host.port === 22 ? undefined : host.address.toLowerCase()
  // Entries of this key come first: most hosts are known by theirs, and then no other has to be looked at.
  const same = known.about(name, key)
  const sameBare = bare === undefined ? [] : known.about(bare, key)
  const revoked = [...same, ...sameBare].find((entry) => entry.marker === 'revoked')
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line }
  const found = plain(same)[0]
  if (found !== undefined) return { kind: 'known', line: found.line }
  const others = plain(known.about(name))
  if (others.length > 0) {
    return {
      kind: 'changed',
      lines: others.map((entry) => entry.line),
      types: [...new Set(others.map((entry) => entry.type))],
    }
  }
  const elsewhere = plain(sameBare)[0]
  if (elsewhere !== undefined) return { kind: 'known', line: elsewhere.line }
  const authority = known.about(name).find((entry) => entry.marker === 'cert-authority')
  return authority === undefined ? { kind: 'unknown' } : { kind: 'authority', line: authority.line }
}

/** Types of the keys that the host is known by, in the file's order. */
export function knownTypes(known: KnownHosts, host: HostAddress): string[] {
  const own = plain(known.about(knownHostsName(host)))
  const used = own.length > 0 || host.port === 22 ? own : plain(known.about(host.address.toLowerCase()))
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
