import { typedOf } from './lines.ts'
import type { HistoryEntry } from './select.ts'

/** One run, as `provision history --json` prints it on a line; docs/records.md has its shape. */
export const historyJson = ({ path, head, state, end, outcome, ms, hosts }: HistoryEntry): object => ({
  id: head.id,
  began: head.began,
  ms: Math.round(ms),
  user: head.by.user,
  machine: head.by.machine,
  project: head.project,
  inventory: head.inventory,
  check: head.check,
  command: typedOf({ head }),
  state,
  status: end?.status,
  summary: outcome.summary,
  problems: outcome.problems,
  digests: end?.digests,
  hosts,
  path,
})
