/** One key of an authorized_keys file (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface KeyLine {
  /** `no-pty,from="10.0.0.0/8"`; empty when there are none. */
  readonly options: string
  readonly type: string
  /** The key itself, base64: with the type its identity. */
  readonly blob: string
  readonly comment: string
}

const TYPE =
  /^((sk-)?(ssh-ed25519|ecdsa-sha2-nistp256)(-cert-v01)?@openssh\.com|ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|ssh-(rsa|dss)-cert-v01@openssh\.com|ecdsa-sha2-nistp(256|384|521)-cert-v01@openssh\.com)$/

/** @returns undefined for comments, empty lines, and what sshd would not take for a key */
export function parseKeyLine(line: string): KeyLine | undefined {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return undefined
  const first = /^\S+/.exec(text)?.[0] ?? ''
  // Options may hold spaces in double quotes, in which \" is a quote.
  const options = TYPE.test(first) ? '' : (/^(?:"(?:\\"|[^"])*"|[^\s"])+/.exec(text)?.[0] ?? '')
  const [type = '', blob = '', ...comment] = text.slice(options.length).trim().split(/\s+/)
  if (!TYPE.test(type) || !isBlobOf(type, blob)) return undefined
  return { options, type, blob, comment: comment.join(' ') }
}

export function formatKeyLine({ options, type, blob, comment }: KeyLine): string {
  return [options, type, blob, comment].filter((part) => part !== '').join(' ')
}

/** As people recognise it: type, end of the key, comment. */
export function describeKey({ type, blob, comment, options }: KeyLine): string {
  return [options, type, `…${blob.slice(-12)}`, comment].filter((part) => part !== '').join(' ')
}

/** The key begins with its own type, with the length before it (RFC 4253, 6.6). */
const isBlobOf = (type: string, blob: string): boolean => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false
  const bytes = Buffer.from(blob, 'base64')
  return bytes.length > 4 + type.length && bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('latin1') === type
}
