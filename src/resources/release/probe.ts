import { joinScripts, type Script, sh } from '../../shell/script.ts'
import { placesOf, type Release, type ReleaseState } from './model.ts'

/** Answers hold what a hand may have made (a link anywhere), so each value is base64. */
export const probeReleases = (all: readonly Release[]): Script =>
  joinScripts([TELL, ...all.map((desired, i) => question(desired, i))])

const TELL = sh`
  tell() { printf '@release %s %s ' "$index" "$1"; printf %s "$2" | base64 -w 0; echo; }
  read_all() { if [ -r "$1" ]; then cat -- "$1"; fi; }`

/** The process is in the tree that its start found behind the link, or below: that, and not the link, is what is served. */
const question = (desired: Release, index: number): Script => {
  const { releases, current, order, sum, migrated } = placesOf(desired)
  return sh`
    index=${index}
    tell current "$(readlink -- ${current} || :)"
    tell order "$(read_all ${order})"
    tell sum "$(read_all ${sum})"
    if [ -e ${migrated} ]; then tell migrated yes; fi
    for tree in ${releases}/*/; do
      tree=\${tree%/}
      case $tree in *.tmp | */\*) ;; *) tell installed "\${tree##*/}" ;; esac
    done
    pid=$(timeout 15 systemctl show -p MainPID --value -- ${`${desired.name}.service`}) || exit
    if [ "$pid" != 0 ]; then
      tell live "$(readlink -- "/proc/$pid/cwd" || :)"
      tell real "$(readlink -f -- ${releases} || :)"
    fi
    tell end yes`
}

/** @throws Error when the answer is not whole */
export function parseReleases(answer: string, all: readonly Release[]): Map<string, ReleaseState | 'absent'> {
  const found = [...answer.matchAll(/^@release (\d+) (\w+) (\S*)$/gm)].map(([, index, what, value]) => ({
    index: Number(index),
    what: what ?? '',
    value: Buffer.from(value ?? '', 'base64').toString('utf8'),
  }))
  return new Map(
    all.map((desired, index) => {
      const mine = found.filter((one) => one.index === index)
      const values = (what: string) => mine.filter((one) => one.what === what).map((one) => one.value)
      if (values('end').length !== 1) throw new Error(`no whole answer about the release ${desired.name}`)
      return [desired.name, stateOf(desired, values)]
    }),
  )
}

/** The version in whose tree a folder is; anything else, also a tree that was removed since, as it is. */
function treeOf(folder: string, releases: string): string {
  if (!folder.startsWith(`${releases}/`) || folder.endsWith(' (deleted)')) return folder
  return folder.slice(releases.length + 1).split('/')[0] ?? folder
}

function stateOf(desired: Release, values: (what: string) => readonly string[]): ReleaseState | 'absent' {
  const { releases } = placesOf(desired)
  /** `/srv/shop/releases/3` → `3`; anything else as it is. */
  const version = (path: string): string => {
    const name = path.startsWith(`${releases}/`) ? path.slice(releases.length + 1) : path
    return name.includes('/') ? path : name
  }
  const installed = values('installed')
  const order = (values('order')[0] ?? '').split('\n').filter((line) => line !== '')
  const link = values('current')[0] ?? ''
  const current = link === '' ? undefined : version(link)
  // As the kernel has it: without links on the way.
  const live = values('live')[0]
  const real = values('real')[0] ?? releases
  if (installed.length === 0 && link === '' && live === undefined) return 'absent'
  const sum = values('sum')[0] ?? ''
  return {
    current,
    previous: order.findLast((one) => one !== current && installed.includes(one)),
    proven: current !== undefined && order.at(-1) === current,
    installed,
    sha256: installed.includes(desired.version) ? sum : undefined,
    live: live === undefined ? undefined : treeOf(live, real),
    migrated: values('migrated').length > 0,
  }
}
