import { createHash } from 'node:crypto'
import { masked, reveal } from '../masking/secret.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { joinScripts, rawScript, type Script, scriptText, sh } from '../shell/script.ts'
import { constructorOf } from './constructor.ts'
import type { Change, ResourceKind } from './resource.ts'

/**
 * A command for what no kind covers. With neither `unless` nor `creates` it runs on every run and no run is ever clean.
 */
export const COMMAND = {
  name: { description: 'What it is for, in words: its identity on a host.', type: 'string' },
  run: {
    description:
      'sh`…`, run with `set -e` and an empty standard input. Secrets in it reach no argument vector of its own.',
    is: 'script with secrets',
  },
  unless: {
    description: 'sh`…` that succeeds when there is nothing to do. Read-only; at most 20 s. Runs as `user`, in `cwd`.',
    is: 'script',
    optional: true,
  },
  creates: {
    description: 'Absolute path: when it exists there is nothing to do.',
    type: 'string',
    optional: true,
  },
  user: { description: 'Whose rights it runs with.', type: 'string', default: 'root' },
  cwd: { description: 'Folder that it runs in.', type: 'string', default: '/' },
} as const satisfies FieldSchemas

export type Command = FieldsOf<typeof COMMAND>

export interface CommandState {
  /** `unless` succeeded or `creates` exists. */
  readonly done: boolean
}

/** Seconds that `unless` may take. */
const UNLESS_TIMEOUT = 20

/** A command, guarded by a test. It shows as "will run", for what it would change can't be known. */
export const commandKind: ResourceKind<Command, CommandState> = {
  kind: 'command',
  key: (desired) => desired.name,
  probe: (all) => joinScripts(all.map(question)),
  parse({ own }, all) {
    const answers = new Map(
      [...own.matchAll(/^@command (\d+) (\d+)$/gm)].map(([, index, status]) => [Number(index), Number(status)]),
    )
    return new Map(all.map((desired, i) => [desired.name, stateOf(desired, answers.get(i))]))
  },
  diff(desired, actual) {
    if (actual !== 'absent' && actual.done) return undefined
    const repeats = desired.unless === undefined && desired.creates === undefined
    return {
      action: 'run',
      desired,
      actual,
      repeats,
      fields: [{ field: 'run', to: masked(scriptText(desired.run)).trim() }],
    }
  },
  apply: (changes) => joinScripts(changes.map(applyOne)),
}

/** A command on a host. */
export const command = constructorOf(commandKind, { fields: COMMAND })

const stateOf = (desired: Command, status: number | undefined): CommandState => {
  if (status === undefined) throw new Error(`no answer about the command "${desired.name}"`)
  if (status === 124) {
    throw new Error(`"unless" of the command "${desired.name}" took more than ${UNLESS_TIMEOUT} s`)
  }
  return { done: status === 0 }
}

/** A user or directory that is not there yet means that the command has not run. */
const question = (desired: Command, i: number): Script =>
  joinScripts([
    rawScript('status=1'),
    ...(desired.creates === undefined ? [] : [sh`if [ -e ${desired.creates} ]; then status=0; fi`]),
    ...(desired.unless === undefined
      ? []
      : [
          rawScript('if [ "$status" != 0 ]; then'),
          // The group hides the output; the shell's own redirection, so that even its syntax errors are dropped.
          rawScript('{'),
          asUser(desired, desired.unless.sh, sh`timeout -k 5 ${UNLESS_TIMEOUT}`, 'sh'),
          rawScript('} >/dev/null 2>&1 && status=0 || status=$?'),
          rawScript('fi'),
        ]),
    rawScript(`echo "@command ${i} $status"`),
  ])

const applyOne = ({ desired }: Change<Command, CommandState>): Script =>
  asUser(desired, reveal(scriptText(desired.run)), rawScript(''), 'sh -e')

/**
 * The text goes in on standard input; inside, standard input is empty, so that no command eats the rest of it. The
 * heredoc stands on the program and not on the subshell: dash (0.5.12) gives a redirected subshell inside a redirected
 * group an empty heredoc.
 */
const asUser = ({ user, cwd }: Command, text: string, prefix: Script, shell: string): Script => {
  const end = `PROVISION_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  const become =
    user === undefined
      ? rawScript('')
      : sh`runuser -u ${user} -- env HOME="$(getent passwd ${user} | cut -d: -f6)" USER=${user} LOGNAME=${user}`
  const line = [sh`cd -- ${cwd ?? '/'} &&`, prefix, become, rawScript(shell)].map((part) => part.sh).filter(Boolean)
  return rawScript([`( ${line.join(' ')} <<'${end}'`, '{ :', text, '} </dev/null', end, ')'].join('\n'))
}
