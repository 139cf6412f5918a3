# Sourced by the scripts that a newcomer starts: brings a fresh checkout to where its programs run. Says what it does.
set -eu
cd "$(dirname "$0")/.."

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain"; }
die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

command -v node >/dev/null 2>&1 || die 'Node.js is missing: install version 20.19 or newer, then run this again.'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  die "Node.js $(node --version) is too old: version 20.19 or newer is needed."

# The lock file that npm leaves is newer than ours when what is installed is what is wanted.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  say 'Installing the packages that package-lock.json names, and building dist/ (usually a minute)'
  npm ci --no-audit --no-fund || die 'npm ci failed: see above. Is the npm registry reachable?'
elif [ -n "$(find src roles tsconfig.build.json scripts/*.ts -newer dist/src/cli/cli.js -print -quit 2>/dev/null || echo missing)" ]; then
  say 'Building dist/ (usually 10 s)'
  npm run --silent build || die 'The build failed: see above.'
fi
