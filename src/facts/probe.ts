import { rawScript, type Script } from '../shell/script.ts'

/**
 * Asks a host for its facts: what the shell can read itself costs no process. Lines of `name=value`, then the raw
 * answers of ip(8) under `[addresses]` and `[routes]`. Sources: os-release(5), proc_meminfo(5), org.freedesktop.systemd1(5).
 */
export const factsProbe: Script = rawScript(
  [
    'ID=; VERSION_ID=; VERSION_CODENAME=; name=; total=; version=; virt=',
    // Stands for itself: a file of shell assignments. `.` of a missing file would end the shell.
    '[ ! -r /etc/os-release ] || . /etc/os-release',
    'read -r name </proc/sys/kernel/hostname || :',
    'read -r _ total _ </proc/meminfo || :',
    // The directory exists only where systemd is PID 1: sd_booted(3). Both in one call: starting a program of systemd
    // costs more than most other questions. Virtualization is empty on bare metal.
    'if [ -d /run/systemd/system ]; then',
    '  for word in $(systemctl show -p Version,Virtualization 2>/dev/null); do',
    '    case $word in Version=*) version=${word#*=} ;; Virtualization=*) virt=${word#*=} ;; esac',
    '  done',
    'elif [ -e /.dockerenv ]; then virt=docker',
    'elif [ -e /run/.containerenv ]; then virt=podman',
    'fi',
    `printf 'id=%s\\nversion_id=%s\\ncodename=%s\\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME"`,
    `printf 'hostname=%s\\nmemory=%s\\nvirtualization=%s\\nsystemd=%s\\n' "$name" "$total" "$virt" "$version"`,
    // Of PID 1, from which services have their limits. The shell can't: it reads byte by byte, and nr_open gives the first.
    'awk \'/^Max open files/ { print "files=" $5 } /^CapEff:/ { print "capabilities=" $2 }',
    '  FILENAME ~ /nr_open/ { print "files_kernel=" $1 }\' /proc/1/limits /proc/1/status /proc/sys/fs/nr_open 2>/dev/null || :',
    // The file is there since dpkg 1.22: bookworm has none.
    'arch=; read -r arch 2>/dev/null </var/lib/dpkg/arch-native || arch=$(dpkg --print-architecture 2>/dev/null || uname -m)',
    `printf 'arch=%s\\n' "$arch"`,
    `printf 'cpus=%s\\n' "$(nproc)"`,
    `printf '[addresses]\\n'`,
    'ip -o addr show up scope global 2>/dev/null || :',
    `printf '[routes]\\n'`,
    // IPv6 is asked only where there is no other way.
    'route=$(ip -4 -o route show default 2>/dev/null) || :',
    '[ -n "$route" ] || route=$(ip -6 -o route show default 2>/dev/null) || :',
    `printf '%s\\n' "$route"`,
  ].join('\n'),
)
