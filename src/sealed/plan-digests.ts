import { createHash } from 'node:crypto'
import { readFile, readlink, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import pLimit from 'p-limit'
import type { Compiler } from '../catalog/compile.ts'
import { type NamedFile, projectFiles } from '../digests/project-digests.ts'
import { InputError, type Problem } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { createMask, type Mask } from '../masking/mask.ts'
import { canonical } from './canonical.ts'
import type { Digest, PlanDigests, SealedPlan } from './format.ts'
import { type WithoutSecrets, withoutSecrets } from './without-secrets.ts'

/** Files that are open at a time. */
const AT_ONCE = 16
/** What is made of code, and what tests it, is on one machine and not on another. */
const NO_CODE = /^(dist|coverage|tests?)\//

/** What is looked at of a project whose input was read. */
export interface Project {
  readonly inventory: Inventory
  readonly compiler: Pick<Compiler, 'varsOf'>
}

/**
 * What a plan is made of, in digests that tell nothing of a secret: secrets are masked before. That a secret itself is
 * another shows at the resources that it goes into, by keys that are the hosts' own.
 * @throws what the file system says when a file can't be read
 */
export async function planDigests(root: string, { inventory, compiler }: Project): Promise<PlanDigests> {
  const mask = createMask()
  mask.learn(inventory.hosts.map((host) => [host.vars, compiler.varsOf(host)]))
  const safe = withoutSecrets(inventory, compiler)
  const { code, inventory: written } = await projectFiles({ root, inventory: inventory.dir })
  const limit = pLimit(AT_ONCE)
  const named = (name: string, { path }: NamedFile, own?: Masks) =>
    limit(async (): Promise<Digest> => [name, await digestOfFile(name, path, own)])
  const files = await Promise.all([
    ...code.filter(({ name }) => !NO_CODE.test(name)).map((file) => named(file.name, file)),
    // What is encrypted is as it is.
    ...written.map((file) =>
      named(pathOf(root, file), file, file.name.includes('.sops.') ? undefined : { mask, safe }),
    ),
  ])
  return {
    files: files.sort(([a], [b]) => (a < b ? -1 : 1)),
    hosts: inventory.hosts.map((host): Digest => [host.name, digestOfHost(host, { mask, safe })]),
    tiers: sha256(JSON.stringify(inventory.tiers.map(({ origin: _, ...tier }) => tier))),
  }
}

const pathOf = (root: string, { path }: NamedFile): string => relative(root, join(path))

interface Masks {
  readonly mask: Mask
  readonly safe: WithoutSecrets
}

/** Lines end as this machine's git has them. */
async function digestOfFile(name: string, path: string, masks: Masks | undefined): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return sha256(`link ${await readlink(path)}`)
  const bytes = await readFile(path)
  if (bytes.includes(0)) return sha256(bytes)
  const text = bytes.toString().replaceAll('\r\n', '\n')
  if (!masks) return sha256(text)
  const data = masks.safe.file(name, text)
  return sha256(masks.mask.text(data === undefined ? text : canonical(data)))
}

const digestOfHost = (host: Host, { mask, safe }: Masks): string => {
  const { name, address, tier, groups } = host
  return sha256(mask.text(canonical({ name, address, tier, groups, vars: safe.vars(host) })))
}

const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, 24)

/** Names in one message. */
const TOLD = 8

/** @throws InputError with what is another than the plan was made of; nothing was asked of a host then */
export function needSameProject(plan: SealedPlan, now: PlanDigests, version: string): void {
  const { files, hosts, tiers } = plan.digests
  const moved = differences(files, now.files)
  const movedHosts = differences(hosts, now.hosts)
  const hint = 'apply it from the checkout that it was made of, or make it anew'
  const problems: Problem[] = [
    ...(version === plan.provision
      ? []
      : [{ message: `the plan was made by provision ${plan.provision}, and this is ${version}`, hint }]),
    ...(moved.length > 0
      ? [{ message: `this is another checkout than the plan was made of: ${listed(moved)}`, hint }]
      : []),
    ...(moved.length === 0 && (movedHosts.length > 0 || tiers !== now.tiers)
      ? [
          {
            message: `the inventory is another than the plan was made of, though its files are the same: ${
              movedHosts.length > 0 ? listed(movedHosts) : 'the tiers or their policies'
            }`,
            hint: 'a program gave the hosts, or a file outside of the project their vars: make the plan anew',
          },
        ]
      : []),
  ]
  if (problems.length > 0) throw new InputError(problems)
}

function differences(before: readonly Digest[], after: readonly Digest[]): string[] {
  const [had, has] = [new Map(before), new Map(after)]
  return [
    ...after.flatMap(([name, digest]) =>
      had.has(name) ? (had.get(name) === digest ? [] : [`${name} differs`]) : [`${name} is new`],
    ),
    ...before.flatMap(([name]) => (has.has(name) ? [] : [`${name} is missing`])),
  ]
}

const listed = (all: readonly string[]): string =>
  `${all.slice(0, TOLD).join(', ')}${all.length > TOLD ? `, and ${all.length - TOLD} more` : ''}`
