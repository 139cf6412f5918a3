import { ProvisionError } from '../errors.ts'

/** What user, group and authorized-key share: names, and how getent is asked. */

/**
 * Checks the name of a user or a group.
 * @throws ProvisionError (input): a name of digits only would be taken for a number by getent, chown and the like.
 */
export function accountName(name: string, what: 'user' | 'group'): string {
  if (/^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(name)) return name
  throw new ProvisionError(`${JSON.stringify(name)} is no name for a ${what}`, {
    code: 'input',
    hint: 'at most 32 letters, digits, dots, dashes and underscores; the first one a letter or an underscore',
  })
}

/**
 * @param what a field that goes into a line of /etc/passwd
 * @throws ProvisionError (input) when it would break the line
 */
export function passwdField(value: string, what: string): string {
  if (!/[:\p{Cc}]/u.test(value)) return value
  throw new ProvisionError(`${what} can't have a colon or a control character: ${JSON.stringify(value)}`, {
    code: 'input',
  })
}

/** The lines of an answer that begin with this word, split at colons. */
export function records(answer: string, word: string): string[][] {
  return answer
    .split('\n')
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1).split(':'))
}
