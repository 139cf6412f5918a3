#!/usr/bin/env bash
# npm run demo: from nothing to five converged hosts. Sets up what is missing and says what it does.
. "$(dirname "$0")/ready.sh"

provision() { node dist/src/cli.js --inventory lab "$@"; }

say 'A lab of bare Debian hosts (containers with systemd and sshd; the first time takes some minutes)'
npm run --silent lab -- down
npm run --silent lab -- up || die 'The lab did not start: see above.'

say 'provision --inventory lab --check     what would change on the bare hosts; nothing is changed'
status=0
provision --check || status=$?
[ "$status" = 2 ] || die "The dry run ended with status $status; 2 (changes found) was expected."

say 'provision --inventory lab             bring every host to its declared state'
provision || die 'The run failed: see above.'

say 'provision --inventory lab             once more: nothing left to do'
provision -v || die 'The second run failed: see above.'

say 'The lab is up. Try:'
cat <<'TEXT'
  curl http://10.77.0.21/                       nginx on lb1 in front of web1, web2 and web3; again, and again
  curl -s http://10.77.0.31:9100/metrics        is closed: the firewall lets only the monitor in
  npm run lab -- ssh web1                       look around, break something …
  npx provision --inventory lab --check         … see what you broke
  npx provision --inventory lab                 … and have it repaired
  npm run lab -- down                           remove the hosts
TEXT
