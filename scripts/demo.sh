#!/usr/bin/env bash
# npm run demo: from nothing to six converged hosts. Sets up what is missing and says what it does.
# LAB_NAME and LAB_SUBNET (first three numbers of its network) make a second lab beside another one.
. "$(dirname "$0")/ready.sh"

say 'A lab of bare Debian hosts: containers with systemd and sshd (the first time takes some minutes)'
npm run --silent lab -- down
up=$(npm run --silent lab -- up) || die 'The lab did not start: see above.'
inventory=${up##*inventory: }
case $inventory in
"$PWD/inventories/"*) inventory=${inventory##*/} ;; # its name is enough
"$PWD/"*) inventory=${inventory#"$PWD/"} ;;
esac

provision() { node dist/src/cli.js --inventory "$inventory" "$@"; }

say "provision --inventory $inventory --check"
echo 'What would change on the bare hosts; nothing is changed.'
status=0
provision --check || status=$?
[ "$status" = 2 ] || die "The dry run ended with status $status; 2 (changes found) was expected."

say "provision --inventory $inventory"
echo 'Bring every host to its declared state. Packages are installed: some minutes.'
provision || die 'The run failed: see above.'

say "provision --inventory $inventory -v"
echo 'Once more: nothing left to do, and one exec per host to know it.'
provision -v || die 'The second run failed: see above.'

status=$(npm run --silent lab -- status)
address() { printf '%s\n' "$status" | awk -v host="$1" '$1 == host { print $2 }'; }
lab="npm run lab --${LAB_NAME:+ --name $LAB_NAME}"
say 'The lab is up. Try:'
cat <<TEXT
  curl http://$(address lb1)/
      haproxy on lb1 in front of web1, web2 and web3; again, and again
  curl -m 3 http://$(address web1):9100/metrics
      gets no answer: the firewall lets only the monitor in
  $lab ssh web1
      look around, break something …
  npx provision --inventory $inventory --check
      … see what you broke
  npx provision --inventory $inventory
      … and have it repaired
  $lab down
      remove the hosts
TEXT
