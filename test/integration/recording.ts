import { readFileSync } from 'node:fs'

/** A command of a page, and what the page says that a terminal shows then. */
export interface Recorded {
  readonly command: string
  readonly shown: readonly string[]
}

/** What is typed in the indented blocks of a page, behind `$ `, in its order; none without anything that is shown. */
export function recordingsIn(page: string): Recorded[] {
  const recorded: { command: string; shown: string[] }[] = []
  for (const line of readFileSync(page, 'utf8').split('\n')) {
    const typed = /^ {4}\$ (.*)$/.exec(line)?.[1]
    if (typed !== undefined) recorded.push({ command: typed, shown: [] })
    else if (line.startsWith('    ')) recorded.at(-1)?.shown.push(line.slice(4))
    else if (line !== '') recorded.push({ command: '', shown: [] })
  }
  return recorded.filter(({ command, shown }) => command !== '' && shown.length > 0)
}

/** What is another one each time: where hosts are, their keys, how long something took, what a mirror has. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, 'ADDRESS'],
  [/SHA256:\S+/g, 'FINGERPRINT'],
  [/age1[a-z0-9]+/g, 'AGE'],
  [/ssh-ed25519 \S+ \S+/g, 'KEY'],
  [/version: \S+/g, 'VERSION'],
  [/^( *(?:\S+ │ )?)13\.\d+$/g, '$1DEBIAN'],
  [/\(\d+\.\d+ms\)|(?:\d+ min )?\d+(?:\.\d+)? m?s\b/g, 'TIME'],
  [/\d+(?:\.\d+)? [KMGT]iB/g, 'SIZE'],
  [/\b(?:kvm|docker)\b/g, 'MACHINE'],
  [/(\S) +/g, '$1 '],
]

const plain = (line: string): string => OTHERS.reduce((text, [from, to]) => text.replace(from, to), line.trimEnd())

/** Hosts speak when they have something to say: neighbouring lines of hosts, as `exec` shows them, are put in the hosts' order. */
function inOrderOfHosts(lines: readonly string[]): string[] {
  const ordered: string[] = []
  let spoken: string[] = []
  for (const line of [...lines, '']) {
    if (/^\S+ │ /.test(line)) spoken.push(line)
    else {
      ordered.push(...spoken.toSorted(), line)
      spoken = []
    }
  }
  return ordered.slice(0, -1)
}

/**
 * What of a recording is not so any more. A line `…` stands for any number of lines, `…` at the end of one for more of it.
 * @returns the first line that was not shown where it should be, with what was; undefined: it is as it was recorded
 */
export function differsFrom({ shown }: Recorded, screen: string): { expected: string; instead: string } | undefined {
  const lines = (all: readonly string[]) => inOrderOfHosts(all.map(plain).filter((line) => line !== ''))
  const actual = lines(screen.split('\n'))
  let at = 0
  let skips = false
  for (const expected of lines(shown)) {
    if (expected.trim() === '…') {
      skips = true
      continue
    }
    const isIt = (line: string) =>
      expected.endsWith(' …') ? line.startsWith(expected.slice(0, -1)) : line === expected
    const found = actual.findIndex((line, i) => (skips ? i >= at : i === at) && isIt(line))
    if (found === -1) return { expected, instead: actual.slice(at, at + 5).join('\n') }
    at = found + 1
    skips = false
  }
  return skips || at === actual.length ? undefined : { expected: 'its end', instead: actual.slice(at).join('\n') }
}
