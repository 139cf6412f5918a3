import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import type { FieldChange } from '../resource.ts'

/** A kernel setting, now and after a boot. All of a host stand in one file, in the order in which they are declared. */
export const SYSCTL = {
  name: {
    description:
      '`net.ipv4.ip_forward`; a name with dots in it as sysctl.d(5) has it: `net/ipv4/conf/eth0.100/rp_filter`.',
    type: 'string',
  },
  value: {
    description: 'Needed unless absent. Blanks and tabs between several values are alike.',
    type: ['string', 'number'],
    given: true,
  },
  state: {
    description: 'absent: its line goes; the kernel keeps the value until the next boot.',
    enum: ['present', 'absent'],
    default: 'present',
  },
} as const satisfies FieldSchemas

export type Sysctl = FieldsOf<typeof SYSCTL>

export interface SysctlState {
  /** Value in the kernel; undefined: it can't be read. */
  readonly live: string | undefined
  /** no-directory: not even settings beside it are there, as before their module or interface comes. */
  readonly access: 'read-write' | 'read-only' | 'write-only' | 'missing' | 'no-directory'
  /** The nearest name that this kernel has, where it does not have this one. */
  readonly nearest?: string | undefined
  /** Its line for the boot; undefined: there is none. */
  readonly boot: BootEntry | undefined
  /** The setting that is declared before it and comes after it at boot. */
  readonly misplaced?: string | undefined
  /** The file that an older version of this tool wrote for it alone is there. */
  readonly hasOldFile: boolean
  /** Other files that set it otherwise. */
  readonly others: readonly OtherSetting[]
  /** What is amiss with the file itself; told of the first setting. */
  readonly fileFields: readonly FieldChange[]
  /** All that is declared on the host, in the order for the boot. */
  readonly declared: readonly Sysctl[]
}

export interface BootEntry {
  /** As it was declared. */
  readonly value: string
  /** What the kernel made of it, where that is another text. */
  readonly kept?: string | undefined
}

export interface OtherSetting {
  readonly file: string
  readonly value: string
  /** decides: read after ours at boot. loses: before it. by-hand: at boot not at all. program: whenever a program starts. */
  readonly rank: 'decides' | 'loses' | 'by-hand' | 'program'
}

/** Read after all that people and packages are used to write, `99-sysctl.conf` included. */
export const CONF = '/etc/sysctl.d/99-zz-provision.conf'

/** Applied by ufw whenever it starts or is reloaded. */
export const UFW_CONF = '/etc/ufw/sysctl.conf'

export const PROC = '/proc/sys'

/** The first separator says which one the name uses, as sysctl.d(5) has it; the other one is then its opposite. */
export function procPath(name: string): string {
  const swap: Readonly<Record<string, string>> = { '.': '/', '/': '.' }
  const separator = /[./]/.exec(name)?.[0]
  return `${PROC}/${separator === '.' ? name.replace(/[./]/g, (one) => swap[one] ?? one) : name}`
}

/** One name for both spellings: with dots where no part holds one itself. */
export function settingName(name: string): string {
  const path = procPath(name).slice(PROC.length + 1)
  return path.includes('.') ? path : path.replaceAll('/', '.')
}

/** Where an older version kept the setting. */
export const oldFile = ({ name }: Sysctl): string => `/etc/sysctl.d/60-provision-${name.replaceAll('/', '_')}.conf`

/** A host that begins or ends to forward has the kernel reset other settings of its interfaces. */
const RESETS = ['net/ipv4/ip_forward', 'net/ipv4/conf/all/forwarding', 'net/ipv6/conf/all/forwarding']

/** The order at boot: as declared, but what resets others before them, for else those could not hold. */
export function inBootOrder(all: readonly Sysctl[]): Sysctl[] {
  const resets = ({ name }: Sysctl) => RESETS.includes(procPath(name).slice(PROC.length + 1))
  return [...all.filter(resets), ...all.filter((one) => !resets(one))]
}
