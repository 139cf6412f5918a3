import { rawScript, type Script } from '../shell/script.ts'

/**
 * Asks a host for its facts: what the shell can read itself costs no process. Lines of `name=value`, then the raw
 * answers of ip(8) under `[addresses]` and `[routes]`. Sources: os-release(5), proc_meminfo(5), systemd-detect-virt(1).
 */
export const factsProbe: Script = rawScript(
  [
    'ID=; VERSION_ID=; VERSION_CODENAME=; name=; total=; version=; virt=',
    // Stands for itself: a file of shell assignments. `.` of a missing file would end the shell.
    '[ ! -r /etc/os-release ] || . /etc/os-release',
    'read -r name </proc/sys/kernel/hostname || :',
    'read -r _ total _ </proc/meminfo || :',
    // The directory exists only where systemd is PID 1: sd_booted(3).
    'if [ -d /run/systemd/system ]; then',
    '  set -- $(systemctl --version 2>/dev/null)',
    '  version=${2-}',
    // Prints `none` and fails on bare metal.
    '  virt=$(systemd-detect-virt 2>/dev/null) || :',
    'elif [ -e /.dockerenv ]; then virt=docker',
    'elif [ -e /run/.containerenv ]; then virt=podman',
    'fi',
    `printf 'id=%s\\nversion_id=%s\\ncodename=%s\\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME"`,
    `printf 'hostname=%s\\nmemory=%s\\nvirtualization=%s\\nsystemd=%s\\n' "$name" "$total" "$virt" "$version"`,
    `printf 'arch=%s\\n' "$(dpkg --print-architecture 2>/dev/null || uname -m)"`,
    `printf 'cpus=%s\\n' "$(nproc)"`,
    `printf '[addresses]\\n'`,
    'ip -o addr show up scope global 2>/dev/null || :',
    `printf '[routes]\\n'`,
    'ip -4 -o route show default 2>/dev/null || :',
    'ip -6 -o route show default 2>/dev/null || :',
  ].join('\n'),
)
