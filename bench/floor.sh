{
# The questions that a no-op run has for these hosts, as one would write them by hand: no frames, no time limits, no
# failure told apart from another, every program started once where that is possible.
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
# facts
cat /etc/os-release /proc/sys/kernel/hostname
head -n 1 /proc/meminfo
systemctl show -p Version,Virtualization
dpkg --print-architecture
nproc
ip -o addr show up scope global
ip -4 -o route show default
# what earlier runs left
cat /var/lib/provision/generation
ls /var/lib/provision/pending
# packages
dpkg-query -W -f '${Package} ${Architecture} ${db:Status-Abbrev} ${Version}\n' ca-certificates curl tzdata sudo \
  systemd-timesyncd unattended-upgrades ufw prometheus-node-exporter nginx
# users, groups and keys
getent passwd ada
getent group
getent shadow ada
# files, directories, links: one stat, one sha256sum, one readlink
files='/etc/sudoers.d/90-provision /etc/systemd/timesyncd.conf.d/provision.conf /etc/timezone
  /etc/ssh/sshd_config.d/00-provision.conf /etc/apt/apt.conf.d/20auto-upgrades
  /etc/apt/apt.conf.d/52provision-unattended-upgrades /etc/default/prometheus-node-exporter
  /etc/sysctl.d/60-provision-net.core.somaxconn.conf
  /etc/systemd/system/prometheus-node-exporter.service.d/provision.conf
  /etc/systemd/system/nginx.service.d/provision.conf /etc/nginx/nginx.conf /etc/nginx/provision/upstreams.conf
  /etc/nginx/provision/status.conf /etc/nginx/provision/sites/*.conf /var/www/hello/index.html
  /var/www/hello/about/index.html /home/ada/.ssh/authorized_keys'
stat -c '%n %f %s %u %g %U %G' $files /etc/systemd/timesyncd.conf.d /var/lib/provision-nginx /var/www/hello \
  /var/www/hello/about /etc/localtime /home/ada/.ssh
sha256sum $files
readlink /etc/localtime
find /etc/nginx/provision ! -type d
# kernel settings
cat /proc/sys/net/core/somaxconn
# services and units
systemctl show -p LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload \
  systemd-timesyncd.service prometheus-node-exporter.service nginx.service
# firewall: what the files say, and what the kernel has of it
cat /etc/default/ufw /etc/ufw/ufw.conf /etc/ufw/user.rules /etc/ufw/user6.rules
iptables -w 5 -S
ip6tables -w 5 -S
} </dev/null 2>/dev/null
echo end
