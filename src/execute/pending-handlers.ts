import { pendingMarker } from '../plan/target-state.ts'
import type { Handler } from '../resources/resource.ts'
import { REFUSED } from '../shell/install-file.ts'
import { EMPTY, joinScripts, rawScript, type Script, sh } from '../shell/script.ts'

const invocation = (unit: string): Script =>
  sh`$(timeout 15 systemctl show -p InvocationID --value -- ${unit} 2>/dev/null || :)`

/**
 * Writes the handler's marker, on disk before the change begins. It holds which invocation of the unit was alive
 * then: one started since has read the new state and has nothing pending.
 */
export function markPending(handlers: readonly Handler[], stateDir: string): Script {
  if (handlers.length === 0) return EMPTY
  const marks = handlers.map((handler) => {
    const marker = pendingMarker(handler.id, stateDir)
    // Not among the markers yet: a power cut may leave it there.
    const staged = marker.replace(/[^/]+$/, '.$&')
    const was = handler.unit === undefined ? sh`-` : invocation(handler.unit)
    return sh`
      was=${was}; printf '%s\n' "\${was:-none}" >${staged}
      sync -- ${staged}
      mv -f -- ${staged} ${marker}
    `
  })
  return joinScripts([sh`mkdir -p -m 0700 -- ${`${stateDir}/pending`}`, ...marks, sh`sync -- ${`${stateDir}/pending`}`])
}

/**
 * A change that calls for handlers, whose markers are written before it. Those that it wrote go again where its own validation
 * refused it: nothing landed, and there is nothing to be read anew.
 */
export function withMarkers(handlers: readonly Handler[], change: Script, stateDir: string): Script {
  if (handlers.length === 0) return change
  const markers = handlers.map(({ id }) => pendingMarker(id, stateDir))
  return joinScripts([
    sh`new=; for marker in ${markers}; do [ -e "$marker" ] || new="$new $marker"; done`,
    markPending(handlers, stateDir),
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
export function runPending(handler: Handler, stateDir: string): Script {
  const marker = pendingMarker(handler.id, stateDir)
  const ran = [marker, ...(handler.supersedes ?? []).map((id) => pendingMarker(id, stateDir))]
  const run = joinScripts([sh`(`, handler.script, sh`)`])
  const work =
    handler.unit === undefined
      ? run
      : sh`
          was=; if [ -r ${marker} ]; then IFS= read -r was <${marker} || :; fi
          is=${invocation(handler.unit)}
          # A start that failed has an invocation of its own, too.
          if [ -n "$was" ] && [ -n "$is" ] && [ "$is" != "$was" ] && timeout 15 systemctl is-active -q -- ${handler.unit}; then
            echo ${`${handler.unit} was started since the change`}
          else
          ${run}
          fi
        `
  return joinScripts([work, sh`rm -f -- ${ran}`, sh`sync -- ${stateDir}`])
}
