import { fingerprint, keyType } from './known-hosts.ts'

/** The words that OpenSSH has for types of keys. */
const WORDS: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'ED25519',
  'ssh-rsa': 'RSA',
  'ssh-dss': 'DSA',
  'sk-ssh-ed25519@openssh.com': 'ED25519-SK',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'ECDSA-SK',
}

/** `ED25519` for `ssh-ed25519`, as `ssh-keygen -l` has it. */
export function keyWord(type: string | undefined): string {
  if (type === undefined) return 'unknown'
  return WORDS[type] ?? (type.startsWith('ecdsa-') ? 'ECDSA' : type)
}

/** `ED25519 SHA256:… (alice@laptop, ssh-agent)`: as `ssh-add -l` tells a key, so that both can be compared. */
export function keyLabel(blob: string, about: readonly (string | undefined)[]): string {
  const key = Buffer.from(blob, 'base64')
  const known = about.filter((one) => one !== undefined && one !== '')
  return `${keyWord(keyType(key))} ${fingerprint(key)}${known.length > 0 ? ` (${known.join(', ')})` : ''}`
}
