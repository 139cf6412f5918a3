/** What a probe of the mysql kinds prints, from what a server said: a tag, then each column in hexadecimal. */
export const row = (tag: string, ...columns: readonly (string | null)[]): string =>
  [
    `@${tag}`,
    ...columns.map((one) => (one === null ? '-' : `=${Buffer.from(one).toString('hex').toUpperCase()}`)),
  ].join('\t')

export const answer = (...rows: readonly string[]): string => rows.join('\n')

export const WRITABLE = row('server', 'writable', '9.7.4-2')
export const REPLICA = row('server', 'replica', '9.7.4-2')
export const UNDECIDED = row('server', 'undecided', '9.7.4-2')
