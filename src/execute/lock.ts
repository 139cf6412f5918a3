import { STATE_DIR } from '../plan/target-state.ts'
import { type Script, sh } from '../shell/script.ts'

/** Who changes a host: written into its lock. */
export interface RunIdentity {
  /** Letters and digits, unguessable, one per run. */
  readonly id: string
  /** `user@machine` of the controller. */
  readonly who: string
}

/** Statuses of the guard that are no accident. */
export const LOCKED = 75
export const STALE = 76

/** Seconds that the lock outlives the last script of its run. A live run renews it with each script. */
const LEASE = 30
/** Seconds to wait for another run: long enough for a dead one's lease to end. */
const WAIT = 45

/**
 * Takes the host's lock, as the guard of an apply script. Two things keep others out: `flock` while a script is at
 * work (the kernel gives it back, whatever dies), and a lease between the scripts of one run (a run that was killed
 * holds up the next one for half a minute, never for good). A plan made before another run's change is refused.
 * @param generation of the host when the plan was made
 */
export function takeLock(run: RunIdentity, generation: string): Script {
  return sh`
    me=${run.id}; who=${run.who}; planned=${generation}; dir=${STATE_DIR}
    mkdir -p -m 0700 -- "$dir" || return 1
    chmod 0700 -- "$dir" || return 1
    exec 9>>"$dir/apply.lock" || return 1
    boot=; IFS= read -r boot </proc/sys/kernel/random/boot_id || :
    now() { read -r now _ </proc/uptime; now=\${now%%.*}; }
    now; end=$((now + ${WAIT})); told=
    while :; do
      now
      holder=; since=; until=0; hboot=; hwho=
      if flock -n 9; then
        if [ -r "$dir/lock" ]; then { read -r holder; read -r hboot; read -r until; read -r hwho; read -r since; } <"$dir/lock" || :; fi
        if [ "$holder" = "$me" ] || [ "$hboot" != "$boot" ] || [ "\${until:-0}" -le "$now" ]; then break; fi
        flock -u 9
      elif [ -r "$dir/lock" ]; then
        { read -r holder; read -r hboot; read -r until; read -r hwho; read -r since; } <"$dir/lock" || :
      fi
      if [ "$now" -ge "$end" ]; then echo "locked by \${hwho:-another run} since \${since:-now} (run \${holder:-?})"; return ${LOCKED}; fi
      if [ -z "$told" ]; then echo "waiting for \${hwho:-another run}, which changes this host since \${since:-now}"; told=1; fi
      sleep 1
    done
    g=; if [ -r "$dir/generation" ]; then IFS= read -r g <"$dir/generation" || :; fi
    if [ "$g" != "$planned" ] && [ "\${g%+}" != "$me" ]; then echo "changed by run $g after the plan was made"; return ${STALE}; fi
    printf '%s\n%s\n%s\n%s\n%s\n' "$me" "$boot" "$((now + ${LEASE}))" "$who" "$(date -u +%FT%TZ)" >"$dir/lock.new" || return 1
    mv -f -- "$dir/lock.new" "$dir/lock" || return 1
    printf '%s+\n' "$me" >"$dir/generation.new" && mv -f -- "$dir/generation.new" "$dir/generation" || return 1
    return 0
  `
}

/** Gives the lock back, when this run holds it. */
export function releaseLock(run: RunIdentity): Script {
  return sh`
    holder=; if [ -r ${STATE_DIR}/lock ]; then IFS= read -r holder <${STATE_DIR}/lock || :; fi
    if [ "$holder" = ${run.id} ]; then rm -f -- ${STATE_DIR}/lock; fi
  `
}

/**
 * At the end of a script: renews the lease, which the script may have outlived, and closes the generation that it
 * opened. A plan that was made while the script was at work (its generation ends in `+`) is stale from here on.
 */
export function renewLock(run: RunIdentity): Script {
  return sh`
    dir=${STATE_DIR}
    printf '%s\n' ${run.id} >"$dir/generation.new"
    mv -f -- "$dir/generation.new" "$dir/generation"
    { read -r holder; read -r boot; read -r until; read -r who; read -r since; } <"$dir/lock"
    read -r now _ </proc/uptime
    if [ "$holder" = ${run.id} ]; then
      printf '%s\n%s\n%s\n%s\n%s\n' "$holder" "$boot" "$((\${now%%.*} + ${LEASE}))" "$who" "$since" >"$dir/lock.new"
      mv -f -- "$dir/lock.new" "$dir/lock"
    fi
  `
}
