import { posix } from 'node:path'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { type Artifact, type Change, RESTORED, type WriteArtifact } from '../resource.ts'
import { healthFunctions } from './health.ts'
import { placesOf, type Release, type ReleaseState } from './model.ts'

/** Stage, migrate, switch, prove, prune. Each part looks at the host and not at the plan, so it may run twice. */
export function applyRelease(
  changes: readonly Change<Release, ReleaseState>[],
  write: WriteArtifact = notSent,
): Script {
  return joinScripts(
    changes.map(({ desired, artifacts = [] }) =>
      joinScripts([
        healthFunctions(desired),
        FUNCTIONS,
        variables(desired),
        desired.artifact === undefined
          ? onHost(desired)
          : unpack(desired, desired.artifact, artifacts.length > 0 ? write : notSent),
        ...(desired.migrate === undefined ? [] : [migration(desired, desired.migrate)]),
        switchOver(desired),
        prune(desired),
      ]),
    ),
  )
}

/** For a release that was on the host when the plan was made; also what a shown script says. */
const notSent: WriteArtifact = ({ path }) =>
  sh`{ echo ${`provision: the bytes of ${path} are not in this script; run again`}; exit 1; }`

const FUNCTIONS = rawScript(
  [
    // A release that a hand removed from the record, or from the disk, is none to go back to.
    'previous_of() { tac -- "$order" 2>/dev/null | while IFS= read -r one; do',
    '  if [ "$one" != "$1" ] && [ -d "$releases/$one" ]; then printf %s "$one"; break; fi',
    'done; }',
    'link_to() {',
    '  rm -f -- "$dir/.current."*',
    '  ln -s -- "$releases/$1" "$dir/.current.$$"',
    '  mv -fT -- "$dir/.current.$$" "$current"',
    '  sync -- "$dir"',
    '}',
    // The last line is the last one that proved healthy; each version is there once.
    'record() {',
    '  { grep -vxF -e "$1" -- "$order" 2>/dev/null || :; printf "%s\\n" "$1"; } >"$order~"',
    '  sync -- "$order~"; mv -f -- "$order~" "$order"; sync -- "$releases"',
    '}',
  ].join('\n'),
)

const variables = (desired: Release): Script => {
  const { releases, current, order } = placesOf(desired)
  return sh`
    dir=${desired.dir} releases=${releases} current=${current} order=${order} version=${desired.version}
    install -d -m 0755 -- "$dir" "$releases"`
}

const onHost = (desired: Release): Script => sh`
  tree=${placesOf(desired).tree}
  if [ ! -d "$tree" ]; then echo ${`provision: release ${desired.version} is not here any more`}; exit 1; fi`

/** The tree comes into being under another name and is whole on disk before it has its own. */
const unpack = (desired: Release, artifact: Artifact, write: WriteArtifact): Script => {
  const { tree, stage, sum } = placesOf(desired)
  const { version } = desired
  return sh`
    tree=${tree} stage=${stage} sum=${sum} sha256=${artifact.sha256}
    had=; if [ -r "$sum" ]; then had=$(cat -- "$sum"); fi
    if [ ! -d "$tree" ] || [ "$had" != "$sha256" ]; then
      if [ -d "$tree" ] && [ "$(readlink -- "$current" || :)" = "$tree" ]; then
        echo ${`provision: release ${version} is in use and came from another artifact: give the new one a version of its own`}
        exit 1
      fi
      rm -rf -- "$stage" "$stage.tar.gz"
      trap 'rm -f -- "$stage.tar.gz"' EXIT
      ${write(artifact, rawScript('"$stage.tar.gz"'))}
      printf '%s  %s\n' "$sha256" "$stage.tar.gz" | sha256sum --check --quiet
      mkdir -- "$stage"
      tar -xzf "$stage.tar.gz" -C "$stage" --no-same-owner
      rm -f -- "$stage.tar.gz"
      chmod -R u=rwX,go=rX,ug-s -- "$stage"
      ${joinScripts(desired.shared.map((path) => sharedLink(desired, path)))}
      sync -f -- "$stage"
      rm -rf -- "$tree"
      printf '%s\n' "$sha256" >"$sum~"; sync -- "$sum~"; mv -f -- "$sum~" "$sum"
      mv -T -- "$stage" "$tree"
      sync -- "$releases"
      echo ${`release ${version} is unpacked`}
    fi`
}

const sharedLink = (desired: Release, path: string): Script => {
  const { stage, shared } = placesOf(desired)
  const place = posix.join(stage, path)
  return sh`
    mkdir -p -- ${posix.dirname(place)}
    rm -rf -- ${place}
    ln -s -- ${posix.join(shared, path)} ${place}`
}

/** Recorded once it succeeded: one that was cut short runs again. */
const migration = (desired: Release, unit: string): Script => {
  const { migrated } = placesOf(desired)
  return sh`
    if [ ! -e ${migrated} ]; then
      job=${`${unit}${desired.version}.service`}
      systemctl reset-failed -- "$job" 2>/dev/null || :
      if ! systemctl start -- "$job"; then
        journalctl --quiet --no-pager -o cat -n 15 -u "$job" || :
        echo ${`provision: the migrations of release ${desired.version} failed; nothing was switched`}
        exit 1
      fi
      : >${migrated}; sync -- "$releases"
      echo ${`migrations of release ${desired.version} have run`}
    fi`
}

/**
 * The way back is what was linked before, when it ever proved healthy, else the last one that did. Without one, a
 * release that does not serve is stopped and unlinked.
 */
const switchOver = (desired: Release): Script => sh`
  before=$(readlink -- "$current" || :); before=\${before##*/}
  if [ "$before" = "$version" ] || [ ! -d "$releases/$before" ] || ! grep -qsxF -e "$before" -- "$order"; then
    before=$(previous_of "$version")
  fi
  link_to "$version"
  why='it could not be started'
  if ! restart_unit || ! healthy "$tree" ${desired.health.timeout}; then
    explain
    failed=$why
    if [ -z "$before" ]; then
      systemctl stop -- "$unit" || :
      rm -f -- "$current"
      echo "provision: release $version does not serve: $failed. There is no other release: $unit is stopped"
      exit 1
    fi
    link_to "$before"
    why='it could not be started'
    if restart_unit && healthy "$releases/$before" ${desired.health.timeout}; then
      record "$before"
      echo "provision: release $version does not serve: $failed. Release $before is back and serves"
      exit ${RESTORED}
    else
      explain
      echo "provision: release $version does not serve: $failed. Release $before is back and does not either: $why"
    fi
    exit 1
  fi
  record "$version"
  echo "release $version serves"`

/** By the order in which they proved healthy, never by name or time; what never proved healthy goes. */
const prune = (desired: Release): Script => sh`
  previous=$(previous_of "$version")
  kept=$(tail -n ${desired.keep} -- "$order")
  for old in "$releases"/*; do
    name=\${old##*/}
    if [ ! -d "$old" ] || [ "$name" = "$version" ] || [ "$name" = "$previous" ]; then continue; fi
    if printf '%s\n' "$kept" | grep -qxF -e "$name"; then continue; fi
    rm -rf -- "$old" "$releases/.$name.sha256"
    echo "release $name is removed"
  done
  printf '%s\n' "$kept" >"$order~"; sync -- "$order~"; mv -f -- "$order~" "$order"`
