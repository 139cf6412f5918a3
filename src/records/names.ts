/** What the name of a record's file says. */
export interface RecordName {
  readonly file: string
  readonly id: string
  /** Milliseconds since the epoch, whole seconds. */
  readonly began: number
  /** As {@link nameOfInventory} has it. */
  readonly inventory: string
  readonly check: boolean
  /** part: it is being written, or was when its process ended. cut: it could not be written to its end. */
  readonly state: 'whole' | 'part' | 'cut'
}

/** Longer names of inventories are cut: a file's name has an end, too. */
const LONGEST = 60

/** The name of an inventory, or its path, as a part of a file's name. */
export const nameOfInventory = (inventory: string): string =>
  inventory.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, LONGEST) || '-'

/** `20261128T054335Z.prod.run.0123456789abcdef01.jsonl.gz`: sorted by name is sorted by time. */
export function recordFile(about: Pick<RecordName, 'id' | 'began' | 'inventory' | 'check'>): string {
  const time = new Date(about.began).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${time}.${nameOfInventory(about.inventory)}.${about.check ? 'check' : 'run'}.${about.id}.jsonl.gz`
}

export const partOf = (file: string): string => `${file}.part`
export const cutOf = (file: string): string => `${file}.cut`
/** Where a whole record is put together; whoever dies meanwhile leaves it behind. */
export const stagedOf = (file: string): string => `${file}.new`

const NAME =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.([A-Za-z0-9_-]+)\.(check|run)\.([0-9a-f]{8,64})\.jsonl\.gz(\.part|\.cut|\.new)?$/

export interface FoundName extends RecordName {
  readonly isStaged: boolean
}

/** Undefined: it is no record's. */
export function parseName(file: string): FoundName | undefined {
  const found = NAME.exec(file)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, inventory = '', kind, id = '', suffix] = found
  const began = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(began)) return undefined
  const state = suffix === '.part' ? 'part' : suffix === '.cut' ? 'cut' : 'whole'
  return { file, id, began, inventory, check: kind === 'check', state, isStaged: suffix === '.new' }
}
