import { joinScripts, rawScript, type Script, sh } from './script.ts'

/**
 * The frame around the fragments of one script: marker lines with a random nonce tell where the answer of each
 * fragment begins and ends, so that one exec carries many questions and no answer can forge another's.
 */
export interface Fragment {
  /** One word, unique in the script. */
  readonly id: string
  readonly script: Script
  /** Seconds after which the fragment is killed (exit status 124). */
  readonly timeout: number
}

export interface Answer {
  readonly id: string
  readonly status: number
  readonly body: string
}

/**
 * What a login exports under a name of ours would be exported again with each value that we give it, a password among
 * them: all our variables are lower-case, so those are taken out of the environment. What says where proxies are stays.
 * Builtins alone, for every exec does it.
 */
const OWN_VARIABLES = [
  'set +a; unset line name',
  'while IFS= read -r line; do',
  '  name=${line#export }; name=${name%%=*}',
  '  case $name in "" | _ | [0-9]* | *[!a-z0-9_]* | *_proxy) ;; *) unset "$name" ;; esac',
  'done <<PROVISION_EXPORTS',
  '$(export -p)',
  'PROVISION_EXPORTS',
]

/** Where a target has its commands. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What every script starts with: fixed language and path, so that answers are the same everywhere. */
export const prelude = (path: string): Script =>
  joinScripts([...OWN_VARIABLES.map(rawScript), sh`LC_ALL=C; LANG=C; PATH=${path}; export LC_ALL LANG PATH; umask 022`])

/**
 * One fragment as a process of its own, with its own time limit. Its text goes in on standard input, never as an
 * argument (it may hold hashes and secrets); inside, standard input is empty, so that no command eats the rest.
 */
const framed = (nonce: string, fragment: Fragment, options: string): Script => {
  const end = `PROVISION_${nonce}`
  return rawScript(
    [
      `printf '@@${nonce} begin ${fragment.id}\\n'`,
      `timeout -k 5 ${fragment.timeout} sh ${options} <<'${end}'`,
      // The colon: dash forgets the redirection of a subshell that is all there is in a redirected group.
      '{ :',
      fragment.script.sh,
      '} </dev/null',
      end,
      `rc=$?; printf '\\n@@${nonce} end ${fragment.id} %s\\n' "$rc"`,
    ].join('\n'),
  )
}

/**
 * The quick way to ask: one shell for all fragments, each in a subshell. Three of four processes on a target are spared
 * that {@link probeScript} starts, at the price that a fragment which hangs or is no sh takes the ones after it along:
 * those without an answer are to be asked again, apart from each other.
 * @param limit seconds for all together
 */
export function bulkProbeScript(
  nonce: string,
  fragments: readonly Omit<Fragment, 'timeout'>[],
  limit: number,
  path = DEFAULT_PATH,
): Script {
  const end = `PROVISION_${nonce}`
  return rawScript(
    [
      '{',
      prelude(path).sh,
      `timeout -k 5 ${limit} sh -u <<'${end}'`,
      '{',
      ...fragments.flatMap(({ id, script }) => [
        `printf '@@${nonce} begin ${id}\\n'`,
        '(',
        script.sh.trim(),
        ')',
        `rc=$?; printf '\\n@@${nonce} end ${id} %s\\n' "$rc"`,
      ]),
      '} </dev/null',
      end,
      '} </dev/null',
    ].join('\n'),
  )
}

/** The probe: every fragment runs, a failing one marks only itself. Standard error is left apart from the answers. */
export function probeScript(nonce: string, fragments: readonly Fragment[], path = DEFAULT_PATH): Script {
  return rawScript(
    ['{', prelude(path).sh, ...fragments.map((fragment) => framed(nonce, fragment, '-u').sh), '} </dev/null'].join(
      '\n',
    ),
  )
}

/**
 * Bytes that one change may print. It is far beyond what anybody reads, and little enough for a program that prints
 * without end to be ended within seconds: here, and by the change itself on the host, where nobody listens any more.
 */
export const CHANGE_LIMIT = 64 * 1024 * 1024

/** Id of the guard's frame in an apply script. */
export const GUARD = 'provision.guard'

/**
 * The change: a guard that takes the host's lock, then fragments in order under `set -eu`; the first failure ends the
 * script. It is parsed whole before anything runs (the braces), so a script cut short on the way does nothing; and it
 * runs to its end when the link dies, because `tee -p` keeps reading as long as one listens: the link, or `head`, which
 * gives up at the limit. With both gone, what still prints is ended as by a closed pipe.
 * @param guard body of a shell function; `return 0` lets the fragments run. What it opens as descriptor 9 stays open
 * while the script runs, and no fragment inherits it.
 */
export function applyScript(nonce: string, guard: Script, fragments: readonly Fragment[], path = DEFAULT_PATH): Script {
  const stop = '[ "$rc" = 0 ] || exit "$rc"'
  return rawScript(
    [
      '{ exec 4>&1',
      '{ {',
      prelude(path).sh,
      'guard() {',
      guard.sh,
      '}',
      `printf '@@${nonce} begin ${GUARD}\\n'`,
      `guard; rc=$?; printf '\\n@@${nonce} end ${GUARD} %s\\n' "$rc"`,
      stop,
      ...fragments.flatMap((fragment) => [framed(nonce, fragment, '-eu 9>&-').sh, stop]),
      '} </dev/null 2>&1 4>&- | tee -p /dev/fd/3 3>&1 >&4 4>&-',
      `} | head -c ${CHANGE_LIMIT} >/dev/null 4>&-; }`,
    ].join('\n'),
  )
}

export type FrameEvent =
  | { readonly type: 'begin'; readonly id: string }
  /** A piece of a line that is too long to be waited for; more of it follows, and at last its end as a `line`. */
  | { readonly type: 'part'; readonly id: string; readonly text: string }
  | { readonly type: 'line'; readonly id: string; readonly line: string }
  | { readonly type: 'end'; readonly id: string; readonly status: number }

/** Characters of a line that are waited for: so many times a marker, and few enough to be held for many hosts. */
const LONG_LINE = 64 * 1024

/**
 * Reads a framed stream piece by piece. Give it text as it arrives; it calls back for each marker and each whole line
 * between them. Lines outside any fragment (a login banner, a shell's complaint) are dropped.
 */
export function frameReader(nonce: string, onEvent: (event: FrameEvent) => void): (text: string) => void {
  const sign = `@@${nonce} `
  const marker = new RegExp(`^${sign}(begin|end) (\\S+)(?: (\\d+))?$`)
  let rest = ''
  let inLine = false
  let current: string | undefined
  let held = false
  const release = (id: string) => {
    if (held) onEvent({ type: 'line', id, line: '' })
    held = false
  }
  const line = (text: string) => {
    const found = !inLine && text.startsWith(sign) ? marker.exec(text) : null
    if (found?.[1] === 'begin' && found[2] !== undefined) {
      current = found[2]
      held = false
      onEvent({ type: 'begin', id: current })
    } else if (found?.[1] === 'end' && found[2] !== undefined) {
      held = false
      current = undefined
      onEvent({ type: 'end', id: found[2], status: Number(found[3] ?? 255) })
    } else if (current !== undefined) {
      release(current)
      // The end marker brings a newline of its own: an empty line before it is not the fragment's. All others are told
      // at once, for somebody may be waiting for what comes next.
      held = text === '' && !inLine
      if (!held) onEvent({ type: 'line', id: current, line: text })
    }
    inLine = false
  }
  const part = (text: string) => {
    inLine = true
    if (current === undefined) return
    release(current)
    onEvent({ type: 'part', id: current, text })
  }
  return (text) => {
    const lines = text.split('\n')
    const last = lines.pop() ?? ''
    for (const one of lines) {
      line(rest + one)
      rest = ''
    }
    rest += last
    if (rest.length <= LONG_LINE) return
    part(rest)
    rest = ''
  }
}

/** All answers in a framed output. A fragment whose end is missing (link cut, killed) is not in the map. */
export function parseFrame(nonce: string, output: string): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  let lines: string[] = []
  let parts = ''
  const read = frameReader(nonce, (event) => {
    if (event.type === 'begin') {
      lines = []
      parts = ''
    } else if (event.type === 'part') parts += event.text
    else if (event.type === 'line') {
      lines.push(parts + event.line)
      parts = ''
    } else answers.set(event.id, { id: event.id, status: event.status, body: lines.join('\n') })
  })
  read(output)
  return answers
}
