import type { Summary } from '../execute/events.ts'

/** Exit status: 0 as declared or done, 2 changes found by a dry run, 1 a host failed or was not tried. */
export const statusOf = ({ failed, skipped, planned }: Summary): number =>
  failed > 0 || skipped > 0 ? 1 : planned > 0 ? 2 : 0
