import { excerpt } from '../shell/excerpt.ts'
import { CHANGE_LIMIT } from '../shell/frame.ts'

/**
 * The two limits of one exec. An answer is kept whole: a probe sends at most 4 MiB of old contents, 6 MiB in base64,
 * beside lists of packages and accounts, and gets room for more than twice that. What is heard as it comes is not
 * kept, so it costs no memory; its limit is what no change prints that somebody still reads.
 */
export const ANSWER_LIMIT = 16 * 1024 * 1024
export const STREAM_LIMIT = CHANGE_LIMIT
/** What a login shell may print of its own before it starts ours: the longest of banners is a thousandth of it. */
export const LOGIN_LIMIT = 1024 * 1024

/** More than the uid of the marker and its line end take. */
const REST_OF_MARKER = 16

/** One of the two outputs of an exec: noise of the login, a marker line, and what our script prints. */
export interface Output {
  push(chunk: Buffer): void
  /** No more comes: the last characters are told. */
  end(): void
}

export interface OutputOptions {
  /** What the marker line begins with; a number follows. */
  readonly marker: string
  onMarker(id: string): void
  /** What comes before the marker, and after it; both in whole characters. */
  onNoise(text: string): void
  onText(text: string): void
}

/** Decodes UTF-8 (a character may be cut in two by a chunk's end) and finds the marker. */
export function output({ marker, onMarker, onNoise, onText }: OutputOptions): Output {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const pattern = new RegExp(`${marker}(\\d+)\\n`)
  let held: string | undefined = ''
  const take = (text: string) => {
    if (text === '') return
    if (held === undefined) return onText(text)
    const all = held + text
    const found = pattern.exec(all)
    if (found === null) {
      const safe = Math.max(0, all.length - marker.length - REST_OF_MARKER)
      held = all.slice(safe)
      if (safe > 0) onNoise(all.slice(0, safe))
      return
    }
    held = undefined
    if (found.index > 0) onNoise(all.slice(0, found.index))
    onMarker(found[1] ?? '')
    const rest = all.slice(found.index + found[0].length)
    if (rest !== '') onText(rest)
  }
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      take(decoder.decode())
      if (held) onNoise(held)
      held = held === undefined ? undefined : ''
    },
  }
}

export type Excess = 'login' | 'answer' | 'stream'

export interface IntakeOptions {
  readonly marker: string
  /** Hears standard output as it comes; without it, it is kept whole. */
  readonly onStdout?: ((text: string) => void) | undefined
  /** Our script began: once, with the uid it has. */
  onBegin(uid: string): void
  /** More came than may: said once; what comes after it is dropped. */
  onExcess(what: Excess): void
}

export interface Taken {
  /** Undefined: our script never began. */
  readonly uid: string | undefined
  /** What the script printed; of standard error the first and last. */
  readonly stdout: string
  readonly stderr: string
  /** What was printed before it, by the login. */
  readonly before: { readonly stdout: string; readonly stderr: string }
}

/** All that comes back from one exec, in bounded memory whatever the host sends. */
export interface Intake {
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
  end(): Taken
  /** The first and last lines of all that came, for people. */
  lines(mask: (text: string) => string): string[]
}

export function intake({ marker, onStdout, onBegin, onExcess }: IntakeOptions): Intake {
  const limit = onStdout === undefined ? ANSWER_LIMIT : STREAM_LIMIT
  const answer: string[] = []
  const [stdoutTail, stderrTail, greeting, refusal] = [excerpt(), excerpt(), excerpt(), excerpt()]
  let uid: string | undefined
  let bytes = 0
  let over = false
  // Either output may be the first to bring its marker.
  const onMarker = (id: string) => {
    if (uid !== undefined) return
    uid = id
    bytes = 0
    onBegin(id)
  }

  const stdout = output({
    marker,
    onMarker,
    onNoise: greeting.push,
    onText(text) {
      stdoutTail.push(text)
      if (onStdout === undefined) answer.push(text)
      else onStdout(text)
    },
  })
  const stderr = output({
    marker,
    onMarker,
    onNoise: refusal.push,
    onText: stderrTail.push,
  })
  const counted = (to: Output) => (chunk: Buffer) => {
    if (over) return
    to.push(chunk)
    bytes += chunk.length
    over = bytes > (uid === undefined ? LOGIN_LIMIT : limit)
    if (over) onExcess(uid === undefined ? 'login' : onStdout === undefined ? 'answer' : 'stream')
  }
  return {
    stdout: counted(stdout),
    stderr: counted(stderr),
    end() {
      stdout.end()
      stderr.end()
      const before = { stdout: greeting.text(), stderr: refusal.text() }
      return { uid, stdout: answer.join(''), stderr: stderrTail.text(), before }
    },
    lines(mask) {
      stdout.end()
      stderr.end()
      return (uid === undefined ? [greeting, refusal] : [stdoutTail, stderrTail]).flatMap((one) => one.lines(mask))
    },
  }
}
