import pLimit, { type LimitFunction } from 'p-limit'

/** sshd begins to drop logins at ten that are not done (MaxStartups 10:30:100), and all of them share one line. */
const LOGINS_AT_ONCE = 8

/** Limits how many logins are on their way over one jump host, by a word for it. */
export function turns(): (jump: string) => LimitFunction {
  const limits = new Map<string, LimitFunction>()
  return (jump) => {
    const limit = limits.get(jump) ?? pLimit(LOGINS_AT_ONCE)
    limits.set(jump, limit)
    return limit
  }
}
