import { messageOf, type Problem, ProvisionError } from '../../errors.ts'
import { type Secret, secret } from '../../masking/secret.ts'
import { step } from '../../problems/pointer.ts'
import type { FileOrigins, Value } from '../inventory.ts'
import { isMapping } from '../vars.ts'
import { parseYaml } from '../yaml.ts'
import { parseSops, SOPS_KEY, sopsData } from './document.ts'
import { secretValueOf } from './leaf.ts'
import { type Metadata, metadataFrom } from './metadata.ts'
import { type OpenedLeaf, openLeaves } from './open.ts'
import type { Keyring } from './unlock.ts'

/** The vars of an encrypted file: every decrypted leaf is a secret. */
export interface SealedVars {
  readonly value: Value
  readonly origins: FileOrigins
  readonly problems: readonly Problem[]
  /** Set when no key at hand opens the file. */
  readonly locked?: Metadata | undefined
}

const NOTHING = { value: null, origins: new Map() }

/** Reads a file that sops or `provision secrets` wrote. What is wrong with it is in `problems`. */
export async function readSealedVars(text: string, file: string, keyring: Keyring): Promise<SealedVars> {
  const at = { file, line: 1, col: 1 }
  try {
    const document = parseSops(text, file)
    const data = sopsData(document)
    if (data === undefined) return { ...NOTHING, problems: [notEncrypted(file)] }
    const metadata = metadataFrom(data)
    const key = await keyring.open(metadata)
    if (key === undefined) return { ...NOTHING, problems: [], locked: metadata }
    const leaves = openLeaves(document, metadata, key)
    const { value, origins } = parseYaml(text, file)
    return { value: withLeaves(withoutSops(value), secretsOf(leaves), ''), origins: ownOrigins(origins), problems: [] }
  } catch (error) {
    const facts = error instanceof ProvisionError ? { origin: error.origin ?? at, hint: error.hint } : { origin: at }
    return { ...NOTHING, problems: [{ message: messageOf(error), ...facts }] }
  }
}

/** Whether the data of a file is of one that sops wrote. */
export function isSealed(value: Value): boolean {
  const own = isMapping(value) ? value[SOPS_KEY] : undefined
  return own !== undefined && isMapping(own) && 'mac' in own
}

const notEncrypted = (file: string): Problem => ({
  message: 'its name ends in .sops.yml and it is not encrypted',
  origin: { file, line: 1, col: 1 },
  hint: `sops --encrypt --in-place ${file}; what was ever committed in the clear is to be changed`,
})

const secretsOf = (leaves: ReadonlyMap<string, OpenedLeaf>): Map<string, Secret> =>
  new Map(
    [...leaves].flatMap(([pointer, { leaf, encrypted }]): [string, Secret][] =>
      encrypted ? [[pointer, secret(secretValueOf(leaf))]] : [],
    ),
  )

function withLeaves(value: Value, secrets: ReadonlyMap<string, Secret>, pointer: string): Value {
  const own = secrets.get(pointer)
  if (own !== undefined) return own
  if (Array.isArray(value)) return value.map((item: Value, i) => withLeaves(item, secrets, pointer + step(i)))
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withLeaves(inner, secrets, pointer + step(key))]),
  )
}

const withoutSops = (value: Value): Value =>
  isMapping(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== SOPS_KEY)) : value

const ownOrigins = (origins: FileOrigins): FileOrigins =>
  new Map([...origins].filter(([pointer]) => pointer !== `/${SOPS_KEY}` && !pointer.startsWith(`/${SOPS_KEY}/`)))
