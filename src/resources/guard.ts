import { posix } from 'node:path'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import type { AutoRevert } from './resource.ts'

/** What a file may cut when it is wrong: the way in, or the way to root. */
export type Guard = 'ssh' | 'sudo'

/**
 * Puts files back as they were, also those that were not there.
 * @param paths absolute; the restore finds them by their place in this list
 */
export function snapshotOf(paths: readonly string[], guard: Guard): AutoRevert {
  return {
    snapshot: joinScripts(paths.map(save)),
    restore: joinScripts([rawScript('touched='), ...paths.map(putBack), ...(guard === 'ssh' ? [SSH] : [])]),
  }
}

/** Beside the copy goes which file it was, and when it was changed last: whatever is done to a file shows there. */
const save = (path: string, i: number): Script => sh`
  if [ -e ${path} ] || [ -L ${path} ]; then
    stat -c '%d:%i %z' -- ${path} >"$SNAPSHOT/${i}.was"; cp -aT -- ${path} "$SNAPSHOT/${i}"
  else
    : >"$SNAPSHOT/${i}.absent"
  fi`

/** Copied beside and renamed, as the change itself; without a snapshot of a file nothing happens to it. */
const putBack = (path: string, i: number): Script => {
  const beside = posix.join(posix.dirname(path), `.${posix.basename(path)}.provision.putbck`)
  return sh`
    if [ -e "$SNAPSHOT/${i}" ] || [ -L "$SNAPSHOT/${i}" ]; then
      if [ "$(stat -c '%d:%i %z' -- ${path} 2>/dev/null)" != "$(cat "$SNAPSHOT/${i}.was")" ]; then
        rm -rf -- ${beside}; cp -aT -- "$SNAPSHOT/${i}" ${beside} && mv -fT -- ${beside} ${path}; touched=1
      fi
    elif [ -e "$SNAPSHOT/${i}.absent" ] && { [ -e ${path} ] || [ -L ${path} ]; }; then
      rm -f -- ${path}; touched=1
    fi`
}

/**
 * The unit is `ssh` on Debian and Ubuntu, `sshd` elsewhere and after an upgrade. With socket activation (Ubuntu from
 * 22.10) ports are the socket's: a generator reads sshd_config at daemon-reload, and a reload of the service would end
 * it, for it can't bind what the socket holds. Sessions outlive the service. What was refused before it landed calls for
 * sshd nothing.
 */
const SSH = rawScript(
  [
    'if [ -z "$touched" ]; then',
    '  :',
    'elif systemctl is-active -q ssh.socket; then',
    '  systemctl daemon-reload; systemctl stop ssh.service; systemctl restart ssh.socket; systemctl start ssh.service',
    'else',
    '  systemctl reload ssh || systemctl reload sshd',
    'fi',
  ].join('\n'),
)
