import { prelude } from '../../shell/frame.ts'
import { rawScript, type Script, sh } from '../../shell/script.ts'

/** What is run: words, each as it is, or text for sh. */
export type Command = { readonly argv: readonly string[] } | { readonly shell: string }

const WATCH_SECONDS = 1
/** Seconds between a request to end and the end. */
const GRACE = 3

const wordsOf = (command: Command): readonly string[] =>
  'argv' in command ? command.argv : ['sh', '-c', command.shell]

/**
 * Runs a command in a session of its own, both outputs as one, in a frame that is named by the number of its process group.
 * Whatever becomes of the way here, it does not outlive it: a watch writes on standard error, which is nobody else's, and
 * when that is closed the group is ended.
 */
export function liveScript(nonce: string, command: Command, path: string): Script {
  return rawScript(
    [
      '{',
      prelude(path).sh,
      sh`setsid sh -c 'printf "@@%s begin %s\n" "$0" "$$"; exec "$@"' ${nonce} ${wordsOf(command)} 2>&1 & group=$!`.sh,
      '{',
      "  trap '' PIPE",
      '  while printf . >&2; do',
      // It must not hold the way open once the watch is over.
      `    sleep ${WATCH_SECONDS} >/dev/null 2>&1`,
      '  done',
      `  kill -TERM -"$group"; sleep ${GRACE}; kill -KILL -"$group"`,
      '} >/dev/null & watch=$!',
      'wait "$group"; status=$?',
      'kill "$watch" 2>/dev/null; wait "$watch" 2>/dev/null',
      sh`printf '\n@@%s end %s %s\n' ${nonce} "$group" "$status"`.sh,
      'exit 0',
      '} </dev/null',
    ].join('\n'),
  )
}

/** Ends a process group, kindly first. */
export const killScript = (group: number): Script =>
  sh`
    kill -TERM -${group} 2>/dev/null || exit 0
    n=0
    while kill -0 -${group} 2>/dev/null && [ "$n" -lt ${GRACE * 10} ]; do sleep 0.1; n=$((n + 1)); done
    kill -KILL -${group} 2>/dev/null || :
  `
