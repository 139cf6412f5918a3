import { type Script, sh } from '../shell/script.ts'

/** What the tool left on the host in earlier runs. */
export interface TargetState {
  /** Ids of handlers whose marker stands. */
  readonly pendingHandlers: readonly string[]
  /**
   * Id of the run that changes the host, with `.ended` or `.died` when it is over; empty when none ever did. A plan of
   * another generation is stale.
   */
  readonly generation: string
  /** Roles whose drain of this host was begun and not undone yet; undefined: it is not drained. */
  readonly drained?: readonly string[] | undefined
}

/** Marks a host that is being drained, is drained, or is being put back. */
export const drainedMark = (stateDir: string): string => `${stateDir}/drained`

/**
 * Asks for markers (one whose name ends with a tilde was never finished) and generation with shell builtins alone: no
 * process is started.
 * @param stateDir what the tool keeps on the target
 */
export function targetStateProbe(stateDir: string): Script {
  return sh`
    d=${stateDir}
    g=; if [ -r "$d/generation" ]; then IFS= read -r g <"$d/generation" || :; fi
    printf 'generation %s\n' "$g"
    if [ -r "$d/drained" ]; then r=; IFS= read -r r <"$d/drained" || :; printf 'drained %s\n' "$r"; fi
    for f in "$d"/pending/*[!~]; do if [ -f "$f" ]; then printf 'pending %s\n' "\${f##*/}"; fi; done
  `
}

/** @throws Error when the answer is not what the probe prints. */
export function parseTargetState(answer: string): TargetState {
  const lines = answer.split('\n').filter((line) => line !== '')
  const generation = lines.find((line) => line.startsWith('generation '))
  if (generation === undefined) throw new Error('the state of the host could not be read')
  const drained = lines.find((line) => line.startsWith('drained '))
  return {
    generation: generation.slice('generation '.length),
    ...(drained !== undefined && {
      drained: drained
        .slice('drained '.length)
        .split(' ')
        .filter((role) => role !== ''),
    }),
    pendingHandlers: lines
      .filter((line) => line.startsWith('pending '))
      .map((line) => decoded(line.slice('pending '.length)))
      .sort(),
  }
}

/** A name that is none of ours is told as it is, for somebody to see to. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The marker of a handler: its id with everything but unreserved characters percent-encoded. */
export function pendingMarker(id: string, stateDir: string): string {
  const name = encodeURIComponent(id).replaceAll(
    /[!'()*~.]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${stateDir}/pending/${name}`
}
