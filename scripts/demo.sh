#!/usr/bin/env bash
# npm run demo: from nothing to twelve converged hosts, and a request through all of them. Sets up what is missing and
# says what it does. LAB_NAME and LAB_SUBNET (first three numbers of its network) make a second lab beside another one.
cat <<'TEXT'
From nothing to twelve converged hosts. What comes, and how long it takes on two cores:
  packages of npm, and the build               a minute, once
  a Docker engine, where none answers          20 s, once
  the images of the hosts, Debian 13 and sid   1 to 2 minutes, once
  twelve bare hosts boot                       15 s
  a dry run: what would change                 5 s
  the run: every host to its declared state    4 minutes
  a second run: nothing left to do             5 s
  a request through all of them
TEXT
. "$(dirname "$0")/ready.sh"
step() { say "$((SECONDS / 60)) min $((SECONDS % 60)) s: $*"; }

step 'A lab of twelve bare Debian hosts: containers with systemd and sshd'
npm run --silent lab -- down || die 'There is no engine to work with: see above.'
up=$(npm run --silent lab -- up) || die 'The lab did not start: see above.'
folder=${up##*inventory: }
case $folder in
"$PWD/inventories/"*) inventory=${folder##*/} ;; # its name is enough
"$PWD/"*) inventory=${folder#"$PWD/"} ;;
*) inventory=$folder ;;
esac

provision() { node dist/src/cli/cli.js --inventory "$inventory" "$@"; }

step "provision --inventory $inventory --check"
echo 'What would change on the bare hosts; nothing is changed. Usually 5 s.'
status=0
dry_run=.lab/dry-run-${LAB_NAME:-lab}.txt
provision --check >"$dry_run" || status=$?
# How it begins, then its shape: tiers, hosts, how many changes, how it ends.
awk 'NR <= 24 { print; next } NR == 25 { print "  …" } /^[^ ]/ || /^  [a-z0-9, ]+: the same / || /^  [a-z0-9]+: [0-9]+ / { print }' "$dry_run"
echo "All $(wc -l <"$dry_run") lines: less $dry_run"
[ "$status" = 2 ] || die "The dry run ended with status $status; 2 (changes found) was expected."

step "provision --inventory $inventory --yes"
echo 'Bring every host to its declared state: new hosts first get what needs no other, all at once; then databases first, the monitor last. Usually 4 minutes.'
provision --yes || die 'The run failed: see above.'

step "provision --inventory $inventory --yes -v"
echo 'Once more: nothing left to do, and one exec per host to know it. Usually 5 s.'
provision --yes -v || die 'The second run failed: see above.'

# The floating addresses, as the inventory has them.
read -r vip_a vip_b <<<"$(sed -n 's/.*vip: \([0-9.]*\).*/\1/p' "$folder/group_vars/lb.yml" | tr '\n' ' ')"

step 'A note through one floating address, all notes through the other'
node --input-type=module - "http://$vip_a/" "http://$vip_b/" <<'NODE' || die 'The application does not answer: see above.'
const [write, read] = process.argv.slice(2)
for (const [url, request] of [[write, { method: 'POST', body: 'written by npm run demo' }], [read, {}]]) {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) })
  console.log(`${request.method ?? 'GET'} ${url}  ${answer.status}  ${(await answer.text()).trim()}`)
  if (!answer.ok) process.exitCode = 1
}
NODE

status=$(npm run --silent lab -- status)
address() { printf '%s\n' "$status" | awk -v host="$1" '$1 == host { print $2 }'; }
lab="npm run lab --${LAB_NAME:+ --name $LAB_NAME}"
run="npx provision --inventory $inventory"
step 'The lab is up. Try:'
cat <<TEXT
  curl http://$vip_a/                          again and again
      load balancer, web server, application server, MySQL replica; X-Served-By (curl -i) has the web server
  curl -d 'a note' http://$vip_b/
      written to the MySQL primary
  http://$(address mon1):9090/alerts, or
  curl -sG http://$(address mon1):9090/api/v1/query --data-urlencode 'query=server:haproxy_http_responses:rate1m'
      Prometheus: its alerts, requests per second by web server
  curl -m 3 http://$(address web1):9100/metrics
      gets no answer: the firewall lets only the monitor in

  $lab kill lb1
      lb2 has both addresses within 5 s: curl goes on. After: $lab start lb1
  $lab ssh web1 'rm /etc/nginx/nginx.conf; ufw allow 8080'
      or break something else, then
  $run --check
      see what you broke
  $run
      and have it repaired
  $lab ssh db1 systemctl restart mysql
      a primary that comes back takes no writes by itself: POST answers 503, an alert fires, until the next run

  $lab down
      remove the hosts
TEXT
