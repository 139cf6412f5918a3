#!/bin/sh
# Makes a lab host's image out of a bare Debian: runs as root in a container of the base image.
# INSTALL: packages a real server has from its first boot. PREFETCH: packages that roles install, downloaded only; what
# can't be installed beside the others is on a line of its own.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# Container images carry settings that make them unlike a server: apt that forgets, services that may not start.
rm -f /etc/apt/apt.conf.d/docker-* /usr/sbin/policy-rc.d /etc/dpkg/dpkg.cfg.d/docker
cat >/etc/dpkg/dpkg.cfg.d/lab-speed <<'DPKG'
# Nobody reads manuals on a host that lives for minutes, and no power cut loses what it has.
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
DPKG
cat >/etc/apt/apt.conf.d/00lab <<'APT'
// A mirror may be a frozen copy, and sid's Release file may be past its date.
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
// Downloaded packages stay: the image brings what roles install, so tests install for real and without a network.
APT::Keep-Downloaded-Packages "true";
Binary::apt::APT::Keep-Downloaded-Packages "true";
APT

# It asks the questions of packages before they are unpacked: nobody is there to answer, and it is a start of perl each.
rm -f /etc/apt/apt.conf.d/70debconf
apt-get update -q
apt-get install -y -q --no-install-recommends $INSTALL
apt-get clean
# With recommended packages, as a server does.
printf '%s\n' "$PREFETCH" | while read -r packages; do
  apt-get install -y -q --download-only $packages
done
# apt reads all of its lists before it does anything: the 70 000 packages of a suite cost each call two seconds of a
# processor. The hosts know of what the image brings, until an `apt-get update` tells them of everything.
{
  dpkg-query -W -f '${Package}\n'
  find /var/cache/apt/archives -name '*.deb' -printf '%f\n' | cut -d_ -f1
} >/tmp/brought
for list in /var/lib/apt/lists/*_Packages; do
  awk 'NR == FNR { brought[$1]; next } $2 in brought' /tmp/brought RS= ORS='\n\n' "$list" >/tmp/list
  cat /tmp/list >"$list"
done
apt-cache policy >/dev/null

useradd --create-home --shell /bin/bash --user-group deploy
install -d -m 700 /root/.ssh
install -d -m 700 -o deploy -g deploy /home/deploy/.ssh
# The users' systemd starts at boot, not during each login, where it would be measured as connection time.
mkdir -p /var/lib/systemd/linger
touch /var/lib/systemd/linger/deploy /var/lib/systemd/linger/root

# VERBOSE, so that tests can count sessions and execs in the journal. Tests fail to log in on purpose, all from one
# address: newer sshd would shut that address out for a while.
mkdir -p /etc/ssh/sshd_config.d /run/sshd
echo 'LogLevel VERBOSE' >/etc/ssh/sshd_config.d/90-lab.conf
if sshd -t -o PerSourcePenalties=no 2>/dev/null; then
  echo 'PerSourcePenalties no' >>/etc/ssh/sshd_config.d/90-lab.conf
fi

# Time services run without setting the clock, which is the machine's.
dropin() {
  mkdir -p "/usr/lib/systemd/system/$1.service.d"
  cat >"/usr/lib/systemd/system/$1.service.d/lab.conf"
}
dropin chrony <<'UNIT'
[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS
UNIT
dropin systemd-timesyncd <<'UNIT'
[Unit]
ConditionCapability=
ConditionVirtualization=
[Service]
AmbientCapabilities=
CapabilityBoundingSet=
UNIT

# Hardware that a container has none of: the last two come with recommended packages and would fail.
systemctl mask systemd-udevd.service getty.target console-getty.service nvmf-autoconnect.service openipmi.service
# apt must not start on its own in the middle of a test and hold the dpkg lock.
systemctl disable apt-daily.timer apt-daily-upgrade.timer 2>/dev/null || true

# Each reload of systemd, some dozens while a host is converged, starts them all to look for disks, terminals and a
# kernel's command line that a container has none of. Those for fstab, init scripts and ssh.socket stay.
mkdir -p /etc/systemd/system-generators
for name in bless-boot cryptsetup debug factory-reset getty gpt-auto hibernate-resume import integritysetup rc-local \
  run ssh system-update tpm2 veritysetup; do
  ln -sf /dev/null "/etc/systemd/system-generators/systemd-$name-generator"
done

# Units that it reads each time, for hardware, initrds and the sleep of machines: a third of what a reload and a boot cost.
(
  cd /usr/lib/systemd/system
  rm -rf -- initrd* systemd-pcr* *tpm2* tpm2* systemd-bsod* *hibernate* *suspend* hybrid-sleep* sleep.target \
    systemd-battery* systemd-quotacheck* quotaon* systemd-fsck* systemd-pstore* systemd-random-seed* systemd-binfmt* \
    proc-sys-fs-binfmt* modprobe@* kmod-static-nodes* systemd-udev* systemd-vconsole* sys-kernel-* sys-fs-fuse* \
    dev-hugepages* systemd-growfs* systemd-boot* systemd-bless* systemd-repart* systemd-storagetm* systemd-volatile-root* \
    kexec* systemd-kexec* usb-gadget* printer* bluetooth* smartcard* sound* factory-reset* system-update* \
    systemd-system-update* integritysetup* veritysetup* blockdev@* autovt@* getty* console-getty* container-getty* \
    serial-getty* debug-shell* systemd-rfkill* systemd-backlight* dev-tpm* systemd-sysext* systemd-confext* fstrim*
  find /usr/lib/systemd/system /etc/systemd/system -xtype l ! -lname /dev/null -delete
)

# Every host has an identity of its own: none comes with the image.
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id
: >/etc/machine-id
rm -rf /tmp/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
# What systemd makes anew at the first boot after an update of /usr is made: the caches of libraries and of the journal.
ldconfig
journalctl --update-catalog
touch /etc/.updated /var/.updated
