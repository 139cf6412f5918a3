import { owedMarker } from '../plan/target-state.ts'
import type { Handler } from '../resources/resource.ts'
import { REFUSED } from '../shell/install-file.ts'
import { EMPTY, joinScripts, rawScript, type Script, sh } from '../shell/script.ts'

const invocation = (unit: string): Script =>
  sh`$(timeout 15 systemctl show -p InvocationID --value -- ${unit} 2>/dev/null || :)`

/**
 * Writes the handler's marker, on disk before the change begins. It holds which invocation of the unit was alive
 * then: one started since has read the new state and is owed nothing.
 */
export function owe(handlers: readonly Handler[], stateDir: string): Script {
  if (handlers.length === 0) return EMPTY
  const marks = handlers.map((handler) => {
    const marker = owedMarker(handler.id, stateDir)
    // Not among the markers yet: a power cut may leave it there.
    const staged = marker.replace(/[^/]+$/, '.$&')
    const was = handler.unit === undefined ? sh`-` : invocation(handler.unit)
    return sh`
      was=${was}; printf '%s\n' "\${was:-none}" >${staged}
      sync -- ${staged}
      mv -f -- ${staged} ${marker}
    `
  })
  return joinScripts([sh`mkdir -p -m 0700 -- ${`${stateDir}/owed`}`, ...marks, sh`sync -- ${`${stateDir}/owed`}`])
}

/**
 * A change that owes handlers, whose markers are written before it. Those that it wrote go again where its own validation
 * refused it: nothing landed, and there is nothing to be read anew.
 */
export function owing(handlers: readonly Handler[], change: Script, stateDir: string): Script {
  if (handlers.length === 0) return change
  const markers = handlers.map(({ id }) => owedMarker(id, stateDir))
  return joinScripts([
    sh`new=; for marker in ${markers}; do [ -e "$marker" ] || new="$new $marker"; done`,
    owe(handlers, stateDir),
    // Names of markers have no blanks: they are percent-encoded.
    rawScript('set +e\n(\nset -e'),
    change,
    sh`
      )
      rc=$?
      set -e
      if [ "$rc" = ${REFUSED} ]; then rm -f -- $new; fi
      [ "$rc" = 0 ] || exit "$rc"`,
  ])
}

/** Runs a handler and takes its marker away, with those of the handlers that it pays too. */
export function pay(handler: Handler, stateDir: string): Script {
  const marker = owedMarker(handler.id, stateDir)
  const paid = [marker, ...(handler.supersedes ?? []).map((id) => owedMarker(id, stateDir))]
  const run = joinScripts([sh`(`, handler.script, sh`)`])
  const work =
    handler.unit === undefined
      ? run
      : sh`
          was=; if [ -r ${marker} ]; then IFS= read -r was <${marker} || :; fi
          is=${invocation(handler.unit)}
          if [ -n "$was" ] && [ -n "$is" ] && [ "$is" != "$was" ]; then
            echo ${`${handler.unit} was started since the change`}
          else
          ${run}
          fi
        `
  return joinScripts([work, sh`rm -f -- ${paid}`, sh`sync -- ${stateDir}`])
}
