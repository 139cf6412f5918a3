#!/bin/sh
# Installs, in a container of a host's image, what roles would: for labs where to install it proves nothing any more.
# PACKAGES: what; DAEMONS: units that stay off until a role wants them.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 $PACKAGES
rm /usr/sbin/policy-rc.d
for unit in $DAEMONS; do systemctl disable -q "$unit" 2>/dev/null || true; done

# Each server of a group has an identity of its own, which it gives itself when it starts.
rm -f /var/lib/mysql/auto.cnf
: >/etc/machine-id
rm -rf /tmp/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
touch /etc/.updated /var/.updated
