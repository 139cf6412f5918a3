import { rawScript, type Script } from '../../shell/script.ts'
import type { Besides, Package } from './model.ts'

/**
 * A simulation, where a package is to change: it needs no lock, and the reading of all lists, which is what it costs, is
 * spared a host that is as declared. Expects `rows`, what differs as `name TAB rule`, and `policy`, what apt-cache says
 * of these names. Names of which the lists know nothing yet are left out.
 */
export const simulate: Script = rawScript(
  [
    `targets=$({ printf '%s\\n' "$policy"; printf '%s\\n' "$rows"; } | awk -F'\\t' '`,
    // As package.ts reads it: NAME:, Installed, Candidate, then versions, the best first.
    '/^[^ \\t]+:$/ { at = substr($0, 1, length($0) - 1); next }',
    '/^  Installed: / { installed[at] = substr($0, 14); next }',
    '/^  Candidate: / { candidate[at] = substr($0, 14); next }',
    '/^ (\\*\\*\\*|   ) [^ ]+ -?[0-9]+$/ { n[at]++; version[at, n[at]] = substr($0, 6); sub(/ .*/, "", version[at, n[at]]); next }',
    'NF < 2 { next }',
    '{ first = first == "" ? $1 : first; rule = $2 }',
    'rule == "absent" { print $1 "-"; next }',
    '!($1 in candidate) || candidate[$1] == "(none)" { next }',
    'rule == "latest" && candidate[$1] == installed[$1] { next }',
    'rule == "latest" || rule == "present" { print $1; next }',
    '{',
    '  isNewest = sub(/^latest/, "", rule); pin = substr(rule, 2); open = sub(/[*]$/, "", pin)',
    '  for (i = 1; i <= n[$1]; i++) {',
    '    found = version[$1, i]; if (open ? index(found, pin) != 1 : found != pin) continue',
    '    if (!isNewest || found != installed[$1]) print $1 "=" found',
    '    next',
    '  }',
    "}')",
    'if [ -n "$targets" ]; then',
    // Words of names and versions: no blanks, no patterns.
    '  did=$(timeout 25 apt-get -s -q -o Debug::NoLocking=1 --no-install-recommends --allow-downgrades \\',
    '    --allow-change-held-packages install $targets 2>&1) || printf "fails\\t%s\\n" "$(printf "%s\\n" "$did" | tail -n 8 | tr "\\n" " ")"',
    `  printf '%s\\n' "$targets" | sed 's/[=].*//; s/-$//; s/^/target\\t/; 2,$d'`,
    `  printf '%s\\n' "$did" | sed -n 's/^\\(Inst\\|Remv\\|Purg\\) /does\\t\\1 /p'`,
    `  gone=$(printf '%s\\n' "$did" | sed -n 's/^\\(Remv\\|Purg\\) \\([^ ]*\\).*/\\2/p')`,
    `  [ -z "$gone" ] || apt-mark showmanual $gone 2>/dev/null | sed 's/^/manual\\t/'`,
    'fi',
  ].join('\n'),
)

/** A library that came for others goes where they need another one: nobody has to name it. */
const isReplaceable = (name: string, manual: ReadonlySet<string>): boolean => /^lib/.test(name) && !manual.has(name)

/**
 * What {@link simulate} printed.
 * @returns the package of which it is told; undefined: nothing was to be simulated
 */
export function parseBesides(
  lines: readonly string[],
  native: string,
  all: readonly Package[],
): { readonly of: string; readonly besides: Besides } | undefined {
  const rows = lines.map((line) => line.split('\t'))
  const of = rows.find(([tag]) => tag === 'target')?.[1]
  if (of === undefined) return undefined
  const plain = (name: string): string => name.replace(`:${native}`, '')
  const declared = new Set(all.map(({ name }) => plain(name)))
  const allowed = new Set(
    all.flatMap(({ name, state, removes = [] }) => [...(state === 'absent' ? [name] : []), ...removes]),
  )
  const manual = new Set(rows.flatMap(([tag, name]) => (tag === 'manual' && name ? [plain(name)] : [])))
  const done = rows.flatMap(([tag, what]) => (tag === 'does' ? (step(what ?? '') ?? []) : []))
  const besides = done.filter(({ name }) => !declared.has(plain(name)))
  const removes = done.filter(({ verb }) => verb !== 'Inst').map(({ name }) => plain(name))
  return {
    of,
    besides: {
      installs: besides.flatMap(({ verb, name, from }) => (verb === 'Inst' && from === undefined ? [name] : [])),
      upgrades: besides.flatMap(({ verb, name, from, to }) =>
        verb === 'Inst' && from !== undefined ? [`${name} (${from} → ${to ?? '?'})`] : [],
      ),
      removes: removes.filter((name) => !isDeclaredAbsent(name, all)),
      refused: removes.filter((name) => !allowed.has(name) && !isReplaceable(name, manual)),
      ...(rows.some(([tag]) => tag === 'fails') && { problem: rows.find(([tag]) => tag === 'fails')?.[1]?.trim() }),
    },
  }
}

const isDeclaredAbsent = (name: string, all: readonly Package[]): boolean =>
  all.some((one) => one.name === name && one.state === 'absent')

/** `Inst libssl3 [3.5.1] (3.5.2 Debian:13/stable [amd64])`, `Remv chrony [4.6.1]`. */
function step(text: string) {
  const [, verb, name, from, to] = /^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(text) ?? []
  return verb === undefined || name === undefined ? undefined : { verb, name, from, to }
}
