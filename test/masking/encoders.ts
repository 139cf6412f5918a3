import { quote } from '../../src/shell/quote.ts'

/** How programs write a text that is put into something else. Each gives what stands for the text itself, or around it. */
export const ENCODERS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'a shell word': quote,
  "a shell word as dash's set -x and Python have it": (text) => `'${text.replaceAll("'", `'"'"'`)}'`,
  'a shell word in double quotes': (text) => `"${text.replace(/[\\"$`]/g, '\\$&')}"`,
  "bash's printf %q": bashQuoted,
  JSON: (text) => JSON.stringify(text),
  "PHP's JSON": (text) => ascii(JSON.stringify(text).replaceAll('/', '\\/')),
  "Go's JSON": (text) => JSON.stringify(text).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'YAML in single quotes': (text) => `'${text.replaceAll("'", "''")}'`,
  'YAML in double quotes': (text) => JSON.stringify(text).replaceAll('\\u001b', '\\e').replaceAll('\\u0000', '\\x00'),
  'SQL with doubled quotes': (text) => `'${text.replaceAll("'", "''")}'`,
  'SQL with backslashes': (text) =>
    `'${text
      .replace(/['"\\]/g, '\\$&')
      .replaceAll('\n', '\\n')
      .replaceAll('\r', '\\r')}'`,
  CSV: (text) => `"${text.replaceAll('"', '""')}"`,
  "systemd's specifiers": (text) => text.replaceAll('%', '%%'),
  'percent-encoded': (text) => percent(text, /[\w.~!*'()-]/),
  'percent-encoded, the strict way': (text) => percent(text, /[\w.~-]/),
  'percent-encoded with / kept': (text) => percent(text, /[\w.~/-]/),
  'percent-encoded, digits in lower case': lower,
  'percent-encoded, + for blanks': (text) => percent(text, /[\w.* -]/).replaceAll(' ', '+'),
  'percent-encoded, every byte': (text) => percent(text, /(?!)/),
  'HTML entities': (text) => text.replace(/[&<>"]/g, (c) => HTML[c] ?? c).replaceAll("'", '&#39;'),
  'numeric HTML entities': (text) => [...text].map((c) => `&#x${c.codePointAt(0)?.toString(16)};`).join(''),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'bytes with \\x': (text) => [...Buffer.from(text)].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join(''),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
  'base64 in PHP’s JSON': (text) => Buffer.from(text).toString('base64').replaceAll('/', '\\/'),
  'base64 in a URL': (text) => encodeURIComponent(Buffer.from(text).toString('base64')),
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function percent(text: string, kept: RegExp): string {
  return [...Buffer.from(text)]
    .map((byte) => String.fromCharCode(byte))
    .map((c) => (c < '\x80' && kept.test(c) ? c : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`))
    .join('')
}

function lower(text: string): string {
  return percent(text, /[\w.~-]/).replace(/%../g, (code) => code.toLowerCase())
}

const ascii = (text: string): string =>
  text.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** As bash 5 does in the C locale; `masker.test.ts` has the real one beside it. */
function bashQuoted(text: string): string {
  const bytes = [...Buffer.from(text)]
  const isPlain = (byte: number) => byte >= 0x20 && byte < 0x7f
  if (bytes.every(isPlain)) return text.replace(/[^\w@%+=:./-]/g, '\\$&')
  const one = (byte: number) => {
    const c = String.fromCharCode(byte)
    if (isPlain(byte)) return /['\\]/.test(c) ? `\\${c}` : c
    return NAMED[c] ?? `\\${byte.toString(8).padStart(3, '0')}`
  }
  return `$'${bytes.map(one).join('')}'`
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\E' }
