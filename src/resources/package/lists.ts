import { rawScript, type Script } from '../../shell/script.ts'

/** Minutes for which the lists of packages count as those of now. */
const FRESH_MINUTES = 15

/**
 * Reads the lists of packages anew, for an upgrade must know what there is: they are no state of any service. Ends with
 * a status other than 0 and the reason where that fails; the old lists stay then.
 */
export const refreshLists: Script = rawScript(
  [
    'lists=/var/lib/apt/lists',
    `if [ -n "$(find "$lists" -maxdepth 1 -name '*Packages*' -print -quit 2>/dev/null)" ] &&`,
    `  [ -n "$(find "$lists" -maxdepth 0 -mmin -${FRESH_MINUTES})" ]; then exit 0; fi`,
    'said=$(apt-get -q -o DPkg::Lock::Timeout=300 update -o APT::Update::Error-Mode=any 2>&1) || {',
    '  printf "%s\\n" "$said" | grep -E "^(E|W|Err)" | tail -n 3; exit 1',
    '}',
    'touch "$lists"',
  ].join('\n'),
)
