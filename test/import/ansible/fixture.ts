import { join } from 'node:path'
import { lookBefore, type PlannedImport, planImport } from '../../../src/import/ansible/import.ts'
import { readAnsible } from '../../../src/import/ansible/read/read.ts'
import { findingGroups } from '../../../src/import/ansible/report.ts'
import { projectFolder } from '../../project-folder.ts'

/** A project without anything, and beside it Ansible files. */
export function ansibleFolder(files: Readonly<Record<string, string>>) {
  const folder = projectFolder(
    Object.fromEntries(Object.entries(files).map(([file, text]) => [`ansible/${file}`, text])),
  )
  return { root: join(folder, 'project'), ansible: join(folder, 'ansible') }
}

export interface Given {
  readonly root: string
  readonly path: string
  readonly tiers: readonly string[]
  readonly playbookDir?: string
}

/** What an import into inventory `live` would write. */
export async function planned({ root, path, tiers, playbookDir }: Given): Promise<PlannedImport> {
  const before = await lookBefore({ root, name: 'live' })
  const read = await readAnsible({ path, playbookDir })
  return planImport({ before, read, path, tiers: tiers.length > 0 ? tiers : (before.record?.tiers ?? []) })
}

/** Findings of each kind, without the folder that the test has. */
export function told(plan: PlannedImport, folder: string): Record<string, readonly string[]> {
  const near = (line: string) =>
    line.replaceAll(/[^\s(]*\/provision-test-[^/]*\/ansible\//g, '').replaceAll(`${folder}/`, '')
  return Object.fromEntries(findingGroups(plan.findings).map(({ kind, lines }) => [kind, lines.map(near)]))
}
