import { createHash } from 'node:crypto'
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { InputError, messageOf } from '../errors.ts'
import { validators } from '../schemas/validators.ts'
import { FILE_SCHEMA, PLAN_FORMAT, PLAN_SCHEMA, PLAN_VERSION, type PlanFile, type SealedPlan } from './format.ts'

/** Bytes up to which a plan is written so that people and diffs can read it. */
const PLAIN = 64 * 1024

/** Of a plan, whatever the file's layout. */
export const digestOf = (plan: SealedPlan): string => createHash('sha256').update(JSON.stringify(plan)).digest('hex')

/** A file of text, so that it goes through everything that takes text: an artifact of CI, a ticket, a pull request. */
export function planText({ plan, digest, macs }: PlanFile): string {
  const head = { format: PLAN_FORMAT, version: PLAN_VERSION, digest, macs }
  const plain = JSON.stringify(plan)
  if (plain.length <= PLAIN) return `${JSON.stringify({ ...head, plan }, null, 1)}\n`
  return `${JSON.stringify({ ...head, packed: gzipSync(plain, { level: 9 }).toString('base64') }, null, 1)}\n`
}

/** Replaces what was there, or leaves it. @throws InputError where it can't be written */
export async function writePlan(path: string, file: PlanFile): Promise<void> {
  const staged = `${path}.${file.plan.id.slice(0, 8)}~`
  try {
    await writeFile(staged, planText(file), { mode: 0o644 })
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    throw new InputError([{ message: `the plan can't be written: ${messageOf(error)}` }])
  }
}

/** Whether a file is a sealed plan, perhaps a damaged one; by what it begins with. */
export async function isPlanFile(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(200), 0, 200, 0)
    return buffer.subarray(0, bytesRead).toString('latin1').includes(PLAN_FORMAT)
  } finally {
    await file.close()
  }
}

/** @throws InputError when it is no plan, one of another version, damaged, or edited */
export async function readPlan(path: string): Promise<PlanFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      const hint = 'provision plan --out FILE makes a plan; a path is relative to where one is'
      throw new InputError([{ message: `there is no file ${path}`, hint }])
    }
    throw new InputError([{ message: `the plan can't be read: ${messageOf(error)}` }])
  })
  return parsePlan(text, path)
}

/** @throws InputError as {@link readPlan} */
export function parsePlan(text: string, path: string): PlanFile {
  const refuse = (what: string, hint: string) => new InputError([{ message: `${path} ${what}`, hint }])
  const damaged = (why: string) =>
    refuse(`is damaged, or was edited: ${why}`, 'a plan is applied as it was made, or not at all: make it anew')
  const json = (source: string): unknown => {
    try {
      return JSON.parse(source)
    } catch {
      return undefined
    }
  }
  const about = asObject(json(text))
  if (about.format !== PLAN_FORMAT) {
    if (text.includes(`"format": "${PLAN_FORMAT}"`)) throw damaged('it is cut short, or is no JSON')
    throw refuse('is no plan', 'provision plan --out FILE makes one')
  }
  if (about.version !== PLAN_VERSION) {
    const hint = 'show and apply it with the version of provision that made it, or make it anew'
    throw refuse(`is a plan of format ${about.version}, and this version knows format ${PLAN_VERSION}`, hint)
  }
  const isFile = validators()<FileParts>(FILE_SCHEMA)
  const file: unknown = about
  if (!isFile(file)) throw damaged(firstError(isFile.errors))
  const plan = file.packed === undefined ? file.plan : json(unpacked(file.packed))
  const isPlan = validators()<SealedPlan>(PLAN_SCHEMA)
  if (!isPlan(plan)) throw damaged(firstError(isPlan.errors))
  if (digestOf(plan) !== file.digest) throw damaged('its digest does not match what is in it')
  return { plan, digest: file.digest, macs: file.macs }
}

interface FileParts {
  readonly digest: string
  readonly macs: PlanFile['macs']
  readonly plan?: unknown
  readonly packed?: string
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

function unpacked(packed: string): string {
  try {
    return gunzipSync(Buffer.from(packed, 'base64')).toString()
  } catch {
    return ''
  }
}

const firstError = (errors: readonly { instancePath: string; message?: string }[] | null | undefined): string => {
  const first = errors?.[0]
  return first
    ? `${first.instancePath || 'its top level'} ${first.message ?? 'is not as it should be'}`
    : 'it has no content'
}
