#!/usr/bin/env bash
# npm test: everything there is to know about a checkout, real hosts included. Needs a Docker engine, or root on Debian
# or Ubuntu to set one up. Takes 20 to 30 minutes on two cores, most of it on the hosts.
. "$(dirname "$0")/ready.sh"

say 'Format, lint and the borders between layers'
npx biome check .
say 'Types'
npx tsc -p tsconfig.json
say 'Unit and property tests, then the lab: real systemd hosts over real SSH'
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
node -e '
  const { numPassedTests, numFailedTests } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))
  console.log(`\n${numPassedTests} passed, ${numFailedTests} failed`)' "$report" || status=1
exit "$status"
