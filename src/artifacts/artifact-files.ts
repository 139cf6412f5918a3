import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { messageOf, type Origin, type Problem, ProvisionError } from '../errors.ts'
import type { Artifact } from '../resources/resource.ts'

/**
 * Bytes of the largest artifact. It travels inside the script of its change, which the controller and the target's
 * shell hold in memory whole, a few times over; what is larger belongs into a package repository.
 */
export const MAX_BYTES = 64 * 1024 * 1024

export interface DeclaredArtifact {
  readonly artifact: Artifact
  /** Where its path is written. */
  readonly origin?: Origin | undefined
}

/** Artifacts that can't be sent, by what the file system tells of them: their content is not read. */
export async function missingArtifacts(root: string, declared: readonly DeclaredArtifact[]): Promise<Problem[]> {
  const distinct = new Map(declared.map((one) => [one.artifact.path, one]))
  const found = await Promise.all(
    [...distinct.values()].map(async ({ artifact, origin }): Promise<Problem[]> => {
      const problem = await unfit(root, artifact)
      return problem ? [{ ...problem, ...(origin && { origin }) }] : []
    }),
  )
  return found.flat()
}

/** Artifacts whose content is not what their sum says. Streams each file once. */
export async function artifactProblems(root: string, artifacts: readonly Artifact[]): Promise<Problem[]> {
  const distinct = new Map(artifacts.map((one) => [`${one.sha256} ${one.path}`, one]))
  const problems: Problem[] = []
  for (const artifact of distinct.values()) {
    const hash = createHash('sha256')
    try {
      await pipeline(createReadStream(resolve(root, artifact.path)), hash)
      const sum = hash.digest('hex')
      if (sum !== artifact.sha256) problems.push(wrongSum(artifact, sum))
    } catch (error) {
      problems.push({ message: `artifact ${artifact.path} can't be read: ${messageOf(error)}` })
    }
  }
  return problems
}

/**
 * The bytes of an artifact, checked again: the file may have changed since the plan.
 * @throws ProvisionError (input) when they can't be read or are not what was declared
 */
export async function readArtifact(root: string, artifact: Artifact): Promise<Uint8Array> {
  const problem = await unfit(root, artifact)
  if (problem) throw new ProvisionError(problem.message, { code: 'input', hint: problem.hint })
  const bytes = await readFile(resolve(root, artifact.path))
  const sum = createHash('sha256').update(bytes).digest('hex')
  if (sum === artifact.sha256) return bytes
  const { message, hint } = wrongSum(artifact, sum)
  throw new ProvisionError(message, { code: 'input', hint })
}

async function unfit(root: string, { path }: Artifact): Promise<Problem | undefined> {
  try {
    const file = await stat(resolve(root, path))
    if (!file.isFile()) return { message: `artifact ${path} is not a file` }
    if (file.size <= MAX_BYTES) return undefined
    const size = Math.ceil(file.size / 1024 / 1024)
    return {
      message: `artifact ${path} has ${size} MiB, more than the ${MAX_BYTES / 1024 / 1024} MiB that go over SSH`,
      hint: 'leave out what a package of the host can bring, or make it a Debian package in a repository',
    }
  } catch (error) {
    return { message: `artifact ${path} can't be read: ${messageOf(error)}`, hint: 'build it first' }
  }
}

const wrongSum = ({ path, sha256 }: Artifact, sum: string): Problem => ({
  message: `artifact ${path} has the SHA-256 ${sum}, declared is ${sha256}`,
  hint: 'was it built anew? give it a new version with its sum, or put the declared file back',
})
