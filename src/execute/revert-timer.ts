import type { AutoRevert } from '../resources/resource.ts'
import { type Script, sh, writeBytes } from '../shell/script.ts'

/** Seconds after a change that may have cut the tool's access until the host puts it back, unless disarmed before. */
export const DEAD_MAN_SECONDS = 45

/** The same and what it takes to find out which of both it was. */
export const PROOF_SECONDS = DEAD_MAN_SECONDS + 15

/** Status of `disarm` when the timer was faster. */
export const FIRED = 77

/** Statuses of `disarmWhenOver`: the script of the change is at work; it never began; it ended halfway, and is put back. */
export const AT_WORK = 78
export const NOT_BEGUN = 79
export const BROKEN_OFF = 80

/** Seconds that `disarmWhenOver` waits for the end of a script. */
export const OVER_WAIT = 20

const unitOf = (id: string) => `provision-auto-revert-${id}`
/** The second timer, which takes over from the first: at no time is there none. */
const soonOf = (id: string) => `${unitOf(id)}-soon`
const dirOf = (id: string, stateDir: string) => `${stateDir}/auto-revert/${id}`

const startTimer = (id: string, unit: string, seconds: number, stateDir: string): Script =>
  sh`systemd-run --quiet --collect --unit=${unit} --on-active=${seconds} --timer-property=AccuracySec=100ms /bin/sh ${`${dirOf(id, stateDir)}/restore`}`

/** Either may be gone already. */
const stopTimers = (id: string): Script =>
  sh`for timer in ${[soonOf(id), unitOf(id)]}; do systemctl stop "$timer.timer" 2>/dev/null || :; done`

const services = (id: string): string[] => [soonOf(id), unitOf(id)].map((unit) => `${unit}.service`)

/**
 * Takes a snapshot and starts a timer on the host that puts it back. The timer lives in systemd, so it fires whatever
 * becomes of the controller, the link and this script.
 * @param id letters and digits, unique per armed change
 * @param seconds that the change itself may take, beyond the time to prove the access
 */
export function arm(id: string, autoRevert: AutoRevert, seconds: number, stateDir: string): Script {
  const dir = dirOf(id, stateDir)
  const restore = [
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH',
    `SNAPSHOT=${dir}; export SNAPSHOT`,
    `: >${dir}/fired`,
    autoRevert.restore.sh,
    '',
  ]
  return sh`
    mkdir -p -m 0700 -- ${`${stateDir}/auto-revert`}
    rm -rf -- ${dir}; mkdir -m 0700 -- ${dir}
    SNAPSHOT=${dir}; export SNAPSHOT
    (
    ${autoRevert.snapshot}
    )
    ${writeBytes(restore.join('\n'), sh`${`${dir}/restore`}`)}
    # Not the whole machine's: that may take as long as others have written.
    find ${dir} \( -type f -o -type d \) -exec sync -- {} +
    sync -- ${`${stateDir}/auto-revert`}
    ${startTimer(id, unitOf(id), seconds + DEAD_MAN_SECONDS, stateDir)}
  `
}

/** Once the change is made: from now on the host waits no longer than it takes to come back in. */
export function shorten(id: string, stateDir: string): Script {
  return sh`
    : >${`${dirOf(id, stateDir)}/made`}
    ${startTimer(id, soonOf(id), DEAD_MAN_SECONDS, stateDir)}
    systemctl stop ${`${unitOf(id)}.timer`}
  `
}

/**
 * Stops the timer; to be run over a new connection only. Ends with FIRED when the host was faster, and not before all
 * is put back: the snapshot goes then, and only the end of the work tells that it had begun.
 */
export function disarm(id: string, stateDir: string): Script {
  return sh`
    ${stopTimers(id)}
    while systemctl is-active -q ${services(id)}; do sleep 0.2; done
    status=0; if [ -e ${`${dirOf(id, stateDir)}/fired`} ]; then status=${FIRED}; fi
    rm -rf -- ${dirOf(id, stateDir)}
    exit "$status"
  `
}

/** Puts the snapshot back at once, when the change itself failed halfway. */
export function putBack(id: string, stateDir: string): Script {
  return sh`
    if [ -e ${`${dirOf(id, stateDir)}/restore`} ]; then
      ${stopTimers(id)}
      if [ ! -e ${`${dirOf(id, stateDir)}/fired`} ]; then /bin/sh ${`${dirOf(id, stateDir)}/restore`}; fi
      rm -rf -- ${dirOf(id, stateDir)}
    fi
  `
}

/**
 * As `disarm`, where nobody heard how the change ended, for its link was lost: waits for the end of its script, which goes
 * on without the link. What did not come to its end is put back at once.
 */
export function disarmWhenOver(id: string, stateDir: string): Script {
  const dir = dirOf(id, stateDir)
  return sh`
    [ -d ${stateDir} ] || exit ${NOT_BEGUN}
    exec 9>>${`${stateDir}/apply.lock`}
    flock -w ${OVER_WAIT} 9 || exit ${AT_WORK}
    [ -e ${dir} ] || exit ${NOT_BEGUN}
    if [ ! -e ${`${dir}/made`} ] && [ ! -e ${`${dir}/fired`} ]; then
      ( ${putBack(id, stateDir)} ) 9>&-
      exit ${BROKEN_OFF}
    fi
    ${disarm(id, stateDir)}
  `
}
