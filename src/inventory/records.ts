import { DEFAULT_POLICY, type RecordsPolicy } from '../records/folder.ts'
import { validators } from '../schemas/validators.ts'
import { readSite } from './files.ts'
import { RECORDS, type RecordsFile } from './schemas/records.ts'
import { isMapping } from './vars.ts'

/** What site.yml says of records, and where it is silent the usual. */
export const recordsPolicy = (file: RecordsFile = {}): RecordsPolicy => ({ ...DEFAULT_POLICY, ...file })

/**
 * The same for whoever wants no more of an inventory than its records, and wants them also when its files are in no order.
 * @param root absolute folder of the project
 */
export async function readRecordsPolicy(root: string, inventory: string): Promise<RecordsPolicy> {
  const site = (await readSite(root, inventory))?.value
  const written: unknown = isMapping(site) ? site.records : undefined
  return validators()<RecordsFile>(RECORDS)(written) ? recordsPolicy(written) : DEFAULT_POLICY
}
