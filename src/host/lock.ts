import { type Script, sh } from '../shell/script.ts'
import type { Target } from './target.ts'

/** Who changes a host: written into its lock. */
export interface RunIdentity {
  /** Letters and digits, unguessable, one per run. */
  readonly id: string
  /** `user@machine` of the controller. */
  readonly who: string
  /** Id of the kept plan that is applied: the host remembers it with its first change. */
  readonly plan?: string | undefined
}

/** Statuses of the guard that are no accident. */
export const LOCKED = 75
export const STALE = 76
/** Status of a renewal: another run has the lock, or nobody. */
export const LOST = 77

/** Seconds that the lock outlives the last script of its run. A live run renews it with each script. */
export const LEASE = 30
/** Seconds to wait for a script of another run; once it is over, the lease that it leaves is waited for too. */
const WAIT = 45
/** The same for an edit of a moment: below what a step's script may take. */
const EDIT_WAIT = 60

/**
 * Takes the host's lock, as the guard of an apply script. Two things keep others out: `flock` while a script is at
 * work (the kernel gives it back, whatever dies), and a lease between the scripts of one run (a run that was killed
 * holds up the next one for half a minute, never for good). A plan made before or during another run's change is
 * refused: the generation is one while a run is at work and another when it is over, and the one who finds the lock of
 * a run that died makes it another.
 * @param generation of the host when the plan was made
 */
export function takeLock(run: RunIdentity, generation: string, { stateDir, proc }: Target): Script {
  return sh`
    me=${run.id}; who=${run.who}; planned=${generation}; dir=${stateDir}
    mkdir -p -m 0700 -- "$dir" || return 1
    chmod 0700 -- "$dir" || return 1
    # A redirection that fails ends the shell when it is that of exec, or of any special builtin; printf is none.
    printf '' >>"$dir/apply.lock" || return 1
    exec 9>>"$dir/apply.lock" || return 1
    boot=; IFS= read -r boot <${`${proc}/sys/kernel/random/boot_id`} || :
    now() { read -r now _ <${`${proc}/uptime`}; now=\${now%%.*}; }
    now; end=$((now + ${WAIT})); last=$((end + ${LEASE})); told=
    while :; do
      now
      holder=; since=; until=0; hboot=; hwho=; at=
      if flock -n 9; then
        if [ -r "$dir/lock" ]; then { read -r holder; read -r hboot; read -r until; read -r hwho; read -r since; } <"$dir/lock" || :; fi
        if [ "$holder" = "$me" ] || [ "$hboot" != "$boot" ] || [ "\${until:-0}" -le "$now" ]; then break; fi
        flock -u 9
        if [ "$end" -le "$until" ] && [ "$until" -le "$last" ]; then end=$((until + 1)); fi
      elif [ -r "$dir/lock" ]; then
        { read -r holder; read -r hboot; read -r until; read -r hwho; read -r since; } <"$dir/lock" || :
        if [ -r "$dir/at-work" ]; then IFS= read -r at <"$dir/at-work" || :; fi
      fi
      if [ "$now" -ge "$end" ]; then echo "another run changes this host: \${hwho:-it did not say whose}\${since:+, since $since}\${at:+; at work on $at}"; return ${LOCKED}; fi
      if [ -z "$told" ]; then echo "waiting for another run to end: \${hwho:-it did not say whose}\${since:+, since $since}\${at:+; at work on $at}"; told=1; fi
      sleep 1
    done
    if [ -n "$holder" ] && [ "$holder" != "$me" ]; then
      printf '%s.died\n' "$holder" >"$dir/generation.new" && mv -f -- "$dir/generation.new" "$dir/generation" || return 1
      rm -f -- "$dir/lock" || return 1
    fi
    g=; if [ -r "$dir/generation" ]; then IFS= read -r g <"$dir/generation" || :; fi
    case $g in
      "$planned" | "$me" | "$me".*) ;;
      *) echo 'another run was at work here since the plan was made: planning anew'; return ${STALE} ;;
    esac
    ${planBegun(run, stateDir)}
    printf '' >"$dir/at-work" || return 1
    printf '%s\n%s\n%s\n%s\n%s\n' "$me" "$boot" "$((now + ${LEASE}))" "$who" "$(date -u +%FT%TZ)" >"$dir/lock.new" || return 1
    mv -f -- "$dir/lock.new" "$dir/lock" || return 1
    printf '%s\n' "$me" >"$dir/generation.new" && mv -f -- "$dir/generation.new" "$dir/generation" || return 1
    return 0
  `
}

/** Days after which no plan can be applied any more, however long it was to be valid. */
const FORGOTTEN = 60

/** Remembers that the kept plan is being applied: from the first change on, and before it. */
const planBegun = ({ id, who, plan }: RunIdentity, stateDir: string): Script =>
  plan === undefined
    ? sh`:`
    : sh`
        plans=${`${stateDir}/plans`}; plan=${plan}
        mkdir -p -m 0700 -- "$plans" || return 1
        if [ ! -e "$plans/$plan" ]; then
          find "$plans" -type f -mtime +${FORGOTTEN} -exec rm -f -- {} + || :
          printf 'begun %s %s %s\n' "$(date -u +%FT%TZ)" ${id} ${who} >"$plans/$plan~" && mv -f -- "$plans/$plan~" "$plans/$plan" || return 1
        fi
      `

/** Remembers that all of the kept plan is done, so that it is not applied once more. For the one who has the lock. */
export const planDone = ({ id, who, plan }: RunIdentity, { stateDir }: Target): Script[] =>
  plan === undefined
    ? []
    : [
        sh`
          f=${`${stateDir}/plans/${plan}`}
          if [ -e "$f" ]; then printf 'done %s %s %s\n' "$(date -u +%FT%TZ)" ${id} ${who} >>"$f"; fi
        `,
      ]

/**
 * For a script of another host's rollout that edits what this host's roles declare: waits for a script at work here, and
 * makes every plan of this host stale, so that none is applied that does not know of the edit.
 */
export const amongRuns = ({ stateDir }: Target): Script => sh`
  dir=${stateDir}
  mkdir -p -m 0700 -- "$dir"
  exec 9>>"$dir/apply.lock"
  flock -w ${EDIT_WAIT} 9 || { echo 'another run is at work there'; exit 1; }
  read -r edit </proc/sys/kernel/random/uuid
  printf 'edited.%s\n' "$edit" >"$dir/generation.new"
  mv -f -- "$dir/generation.new" "$dir/generation"
`

/** Says what a script is at, and how long that may take: for a run that waits for its end. */
export const atWork = (what: string, seconds: number, { stateDir }: Target): Script =>
  sh`printf '%s\n' ${`${what.replaceAll(/\s+/g, ' ')}, which may take up to ${seconds} s`} >${`${stateDir}/at-work`} || :`

/** Gives the lock back, when this run holds it. */
export function releaseLock(run: RunIdentity, { stateDir }: Target): Script {
  return sh`
    dir=${stateDir}; me=${run.id}
    holder=; if [ -r "$dir/lock" ]; then IFS= read -r holder <"$dir/lock" || :; fi
    if [ "$holder" = "$me" ]; then
      printf '%s.ended\n' "$me" >"$dir/generation.new" && mv -f -- "$dir/generation.new" "$dir/generation"
      rm -f -- "$dir/lock"
    fi
  `
}

/**
 * Renews the lease: at the end of a script that may have run longer than it, and while the run waits. After a reboot that
 * nobody made use of it counts from there. Ends with LOST where the run has the lock no more.
 */
export function renewLock(run: RunIdentity, { stateDir, proc }: Target, seconds = LEASE): Script {
  return sh`
    dir=${stateDir}; holder=
    if [ -r "$dir/lock" ]; then { read -r holder; read -r boot; read -r until; read -r who; read -r since; } <"$dir/lock"; fi
    [ "$holder" = ${run.id} ] || exit ${LOST}
    read -r boot <${`${proc}/sys/kernel/random/boot_id`}
    read -r now _ <${`${proc}/uptime`}
    printf '%s\n%s\n%s\n%s\n%s\n' "$holder" "$boot" "$((\${now%%.*} + ${seconds}))" "$who" "$since" >"$dir/lock.new"
    mv -f -- "$dir/lock.new" "$dir/lock"
  `
}
