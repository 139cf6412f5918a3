import { rawScript, type Script } from '../../shell/script.ts'

/**
 * What maintainer scripts are to find in their environment: roles declare it in files of their own, lines of NAME=value as sh
 * reads them. It is on the host, for whichever transaction gets to a package: that of another one which needs it, or the one
 * that finishes what a power cut left.
 */
export const packagingEnvironment: Script = rawScript(
  ['for one in /etc/apt/provision-*.env; do', '  if [ -r "$one" ]; then set -a; . "$one"; set +a; fi', 'done'].join(
    '\n',
  ),
)
