# PID 1 of a lab host, until systemd takes its place: does what an engine's options can't.

# A user that the image does not have.
if [ -f /etc/lab-user ]; then
  read -r user </etc/lab-user
  id "$user" >/dev/null 2>&1 || useradd --no-create-home --shell /bin/bash --user-group "$user"
  chown -R "$user": "/home/$user"
  touch "/var/lib/systemd/linger/$user"
fi

# The users' systemd, which the image has start at boot for both, is of use to the one that logs in.
if [ -s /root/.ssh/authorized_keys ]; then rm -f /var/lib/systemd/linger/deploy; else rm -f /var/lib/systemd/linger/root; fi

# What the tar of copied files can't say: an owner, a password.
chown -R deploy: /home/deploy/.ssh
if [ -f /etc/lab-password ]; then chpasswd </etc/lab-password && rm /etc/lab-password; fi

# As systemd itself does on a real machine, but not in a container: credentials of services are mounted so.
mount --make-rshared /

# systemd makes its own cgroups.
mount -o remount,rw /sys/fs/cgroup

# Network sysctls belong to the container: let them be written.
mount --bind /proc/sys/net /proc/sys/net && mount -o remount,bind,rw /proc/sys/net

# The others belong to the machine that runs the lab: a host gets copies to write to, and the machine keeps its own. All
# with one copy and one mount: three programs for each were a tenth of what a boot costs.
cd /proc/sys
set -- vm
for name in fs/file-max fs/nr_open fs/aio-max-nr fs/suid_dumpable fs/protected_fifos fs/protected_regular \
  fs/inotify/max_user_instances fs/inotify/max_user_watches kernel/panic kernel/pid_max kernel/sysrq \
  kernel/kptr_restrict kernel/dmesg_restrict kernel/randomize_va_space; do
  [ ! -e "$name" ] || set -- "$@" "$name"
done
mkdir -p /run/lab-sysctl
cp -r --parents "$@" /run/lab-sysctl 2>/dev/null
for name; do echo "/run/lab-sysctl/$name /proc/sys/$name none bind"; done >/run/lab-sysctl/fstab
mount -a --fstab /run/lab-sysctl/fstab
cd /

exec /sbin/init
