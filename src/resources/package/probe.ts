import { rawScript, type Script, sh } from '../../shell/script.ts'
import { parseBesides, simulate } from './besides.ts'
import type { Package, PackageState } from './model.ts'

/**
 * dpkg-query once for all. apt-cache costs about a second where its cache is cold: it is asked only about packages
 * that are missing, float (`latest`) or are not at their pin; so is the age of its lists.
 */
export function probe(all: readonly Package[]): Script {
  const wants = all.flatMap((one) => [one.name, rule(one)])
  return sh`
    have=$(dpkg-query -W -f=${FORMAT} ${all.map((one) => one.name)} 2>/dev/null) || [ $? = 1 ] || exit 2
    native=; read -r native 2>/dev/null </var/lib/dpkg/arch-native || native=$(dpkg --print-architecture) || exit 2
    printf 'native\t%s\n%s\n' "$native" "$have"
    rows=$({ printf '%s\n' "$have"; printf 'want\t%s\t%s\n' ${wants}; } | ${ASK})
    ask=; policy=; tab=$(printf '\t')
    if [ -n "$rows" ]; then ask=$(printf '%s\n' "$rows" | sed "/\${tab}absent$/d; s/$tab.*//"); fi
    lists=stale
    set -- /var/lib/apt/lists/*Packages*
    if [ -z "$ask" ]; then lists=unasked
    elif [ ! -e "$1" ]; then lists=absent
    elif [ -n "$(find /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp -maxdepth 0 -mmin -1440 2>/dev/null)" ]; then lists=fresh; fi
    printf 'lists\t%s\n' "$lists"
    if [ -n "$ask" ]; then policy=$(apt-cache policy $ask 2>/dev/null) || :; printf '%s\n' "$policy"; fi
    if [ -n "$rows" ]; then
    ${simulate}
    fi
  `
}

/** dpkg-query writes the tabs itself. */
const FORMAT = 'have\\t${Package}\\t${Architecture}\\t${db:Status-Abbrev}\\t${Version}\\n'

/** present, absent, latest, =VERSION, or latest=PATTERN: the newest that fits. What is on hold by hand does not float. */
const rule = ({ state = 'present', version, hold }: Package): string => {
  if (state === 'absent') return state
  const pin = version === undefined ? '' : `=${version}`
  return state === 'latest' ? `latest${hold === undefined ? '?' : ''}${pin}` : pin === '' ? state : pin
}

/** Of the `want` lines, those that `have` doesn't satisfy already, as `name TAB rule`. Names hold no blanks: NAME. */
const ASK = rawScript(
  [
    `awk -F'\\t' -v native="$native" '`,
    '$1 == "have" && $4 ~ /^.[^nc]/ {',
    '  v[$2 ":" $3] = $5; if ($3 == native || $3 == "all") v[$2] = v[$2 ":" native] = $5',
    '  if ($4 ~ /^h/) held[$2] = held[$2 ":" $3] = 1',
    '}',
    'function at(got, pin) { return pin ~ /[*]$/ ? index(got, substr(pin, 1, length(pin) - 1)) == 1 : got == pin }',
    '$1 != "want" || NF < 3 { next }',
    '$3 == "absent" { if ($2 in v) print $2 "\t" $3; next }',
    '{ byHand = sub(/^latest[?]/, "latest", $3) && ($2 in held) }',
    '!($2 in v) || ($3 ~ /^latest/ && !byHand) || ($3 ~ /=/ && !at(v[$2], substr($3, index($3, "=") + 1))) { print $2 "\t" $3 }',
    "'",
  ].join('\n'),
)

/** @throws Error when the answer is not whole */
export function parse(answer: string, all: readonly Package[]): Map<string, PackageState> {
  const lines = answer.split('\n')
  const rows = lines.map((line) => line.split('\t'))
  const native = rows.find((row) => row[0] === 'native')?.[1]
  const lists = rows.find((row) => row[0] === 'lists')?.[1]
  if (!native || !lists) throw new Error('the answer about packages is cut short')
  const dpkg = new Map<string, { abbrev: string; version: string }>()
  for (const [tag, name, arch, abbrev, version] of rows) {
    // A name that dpkg only heard of (virtual, or once depended on) has no architecture.
    if (tag !== 'have' || !name || !arch || abbrev === undefined) continue
    const entry = { abbrev, version: version ?? '' }
    const own = arch === native || arch === 'all'
    for (const key of own ? [name, `${name}:${native}`, `${name}:${arch}`] : [`${name}:${arch}`]) dpkg.set(key, entry)
  }
  const policy = parsePolicy(lines, native)
  const simulated = parseBesides(lines, native, all)
  const mayGo = all.filter(({ state }) => state === 'absent').map(({ name }) => name)
  return new Map(
    all.map(({ name }) => {
      const entry = dpkg.get(name)
      const status = statusOf(entry?.abbrev)
      const { candidate, available } = policy.get(name) ?? { candidate: undefined, available: [] }
      const version = status === 'installed' || status === 'broken' ? (entry?.version ?? '') : ''
      const state: PackageState = {
        ...{ status, version, candidate, available },
        hold: entry?.abbrev[0] === 'h',
        fresh: lists === 'fresh',
        ...(mayGo.length > 0 && { mayGo }),
        ...(simulated?.of === name && { besides: simulated.besides }),
      }
      return [name, state]
    }),
  )
}

/** Letters of dpkg-query(1): want, status, and R where it must be installed again. */
const statusOf = (abbrev: string | undefined): PackageState['status'] => {
  if (abbrev === undefined || abbrev[1] === 'n') return 'none'
  if (abbrev[1] === 'c') return 'config-files'
  return abbrev[1] === 'i' && abbrev[2] !== 'R' ? 'installed' : 'broken'
}

interface Policy {
  candidate: string | undefined
  readonly available: string[]
}

/** `apt-cache policy` prints nothing for a name that it does not know, and `(none)` for a virtual one. */
const parsePolicy = (lines: readonly string[], native: string): Map<string, Policy> => {
  const found = new Map<string, Policy>()
  let current: Policy | undefined
  for (const line of lines) {
    const name = /^([^\s\t]+):$/.exec(line)?.[1]
    if (name !== undefined) {
      current = { candidate: undefined, available: [] }
      for (const key of [name, `${name}:${native}`]) found.set(key, current)
    }
    const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1]
    if (current && candidate !== undefined && candidate !== '(none)') current.candidate = candidate
    const version = /^ (?:\*\*\*| {3}) (\S+) -?\d+$/.exec(line)?.[1]
    if (version !== undefined) current?.available.push(version)
  }
  return found
}
