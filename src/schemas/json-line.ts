/** Elements of a list that are put into one piece. */
const PIECE = 100

const isLong = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > PIECE

/** Whether it has a list that is as long as the hosts of a fleet are many. */
export const hasLongList = (value: object): boolean => Object.values(value).some(isLong)

/**
 * What `JSON.stringify` makes of an object, and a line feed, in pieces: what a run tells of thousands of hosts at its end would be megabytes in
 * one text, several times over, and hold up everything else while it is made.
 * @param value plain data; its long lists are what is made in pieces
 */
export function* jsonLine(value: object): Generator<string, void> {
  if (!hasLongList(value)) {
    yield `${JSON.stringify(value)}\n`
    return
  }
  let before = '{'
  for (const [name, inner] of Object.entries(value)) {
    const head = `${before}${JSON.stringify(name)}:`
    if (isLong(inner)) {
      yield `${head}[`
      for (let at = 0; at < inner.length; at += PIECE) {
        const elements = JSON.stringify(inner.slice(at, at + PIECE)).slice(1, -1)
        yield at === 0 ? elements : `,${elements}`
      }
      yield ']'
    } else {
      const text: string | undefined = JSON.stringify(inner)
      if (text === undefined) continue
      yield head + text
    }
    before = ','
  }
  yield '}\n'
}
