/** What XML 1.0 has no way to write, not even as a number; halves of surrogate pairs are among it. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

/** An element of text: of a name, attributes and what is inside, in XML already. */
export function element(name: string, attributes: Readonly<Record<string, string | number>>, inside?: string): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(String(value))}"`)
  return inside === undefined ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${inside}</${name}>`
}

const allowed = (text: string): string => text.replaceAll(FORBIDDEN, '\ufffd')

/** A text between tags; in HTML it is safe, too. */
export const xmlText = (text: string): string => allowed(text).replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? char)

/** Line breaks of an attribute would be blanks for its reader. */
const attribute = (text: string): string => allowed(text).replaceAll(/[&<>"'\n\r\t]/g, (char) => ESCAPES[char] ?? char)
