import type { AnyAuthMethod, AuthHandlerMiddleware, Prompt } from 'ssh2'
import type { Identities, Identity } from './identities.ts'

/** How a connection ended that let nobody in. */
export type Refusal =
  | 'refused' // everything that was to be offered was
  | 'too many' // the server takes no more tries on one connection
  | 'closed' // it hung up in the middle
  | 'unsigned' // a key was right, but its agent did not sign

/** What one connection offers the server. */
export interface Offers {
  readonly handler: AuthHandlerMiddleware
  /** True once the handshake is over and the server has been asked. */
  begun(): boolean
  /** What was offered last, after a login what opened the door; undefined: nothing was. */
  last(): Identity | 'password' | undefined
}

/** What a host was offered, over all connections of a login, and what it said. */
export interface Offered {
  readonly keys: readonly Identity[]
  readonly left: readonly Identity[]
  readonly skipped: readonly string[]
  readonly password: 'offered' | 'not asked for' | undefined
  /** The server wanted this of a prompt that is no password's. */
  readonly question: string | undefined
  /** Methods that the server would go on with; undefined: it did not say. */
  readonly accepted: readonly string[] | undefined
}

/** Offers a user's keys and password to one host, in as many connections as that takes. */
export interface Offering {
  /** For the next connection: the keys that are left. */
  keys(): Offers
  /** For the next connection: the password, with a key before it where the server wants both. */
  password(text: string): Offers
  /** The agent did not sign with what was offered last. */
  unsigned(): void
  /** Whether a further connection has keys to offer, or the server would be content with a password. */
  takesKeys(): boolean
  takesPassword(): boolean
  offered(): Offered
}

const METHODS = ['password', 'keyboard-interactive']

export function offering(user: string, identities: Identities): Offering {
  const left = [...identities.usable]
  const keys: Identity[] = []
  const skipped = [...identities.skipped]
  let accepted: readonly string[] | undefined
  let password: Offered['password']
  let question: string | undefined
  /** A key that was right, where the server wants more. */
  let half: Identity | undefined
  let last: Identity | 'password' | undefined
  const takes = (method: string) => accepted === undefined || accepted.includes(method)

  const nextKey = (): AnyAuthMethod | undefined => {
    if (!takes('publickey')) return undefined
    const key = left.shift()
    if (key === undefined) return undefined
    keys.push(key)
    last = key
    return key.method
  }
  const withPassword = (text: string): AnyAuthMethod | undefined => {
    const method = METHODS.find(takes)
    password = method === undefined ? 'not asked for' : 'offered'
    if (method === undefined) return undefined
    last = 'password'
    if (method === 'password') return { type: 'password', username: user, password: text }
    let answered = false
    const prompt = (
      _name: string,
      _text: string,
      _language: string,
      prompts: Prompt[],
      answer: (all: string[]) => void,
    ) => {
      const [only, ...more] = prompts
      // Anything else than one hidden line is no question for a password: a code, a new password.
      if (answered || only === undefined || only.echo || more.length > 0) {
        question = prompts.map((one) => one.prompt.trim()).join(' ')
        return answer([])
      }
      answered = true
      answer([text])
    }
    return { type: 'keyboard-interactive', username: user, prompt }
  }

  /** @param next what to offer, until it is undefined */
  const offers = (next: () => AnyAuthMethod | undefined): Offers => {
    let begun = false
    last = undefined
    const handler = (methods: readonly string[] | null, partial: boolean): AnyAuthMethod | false => {
      begun = true
      // As ssh does: that costs no try, and the server says what it takes.
      if (methods === null && accepted === undefined) return { type: 'none', username: user }
      if (methods !== null) accepted = methods
      if (partial && typeof last === 'object') half = last
      return next() ?? false
    }
    return { handler, begun: () => begun, last: () => last }
  }

  return {
    keys: () => offers(nextKey),
    password(text) {
      const steps: (() => AnyAuthMethod | undefined)[] = [
        ...(half === undefined ? [] : [() => half?.method]),
        () => withPassword(text),
      ]
      // Keys that are left come after it: the password may have worked before, and no more.
      return offers(() => steps.shift()?.() ?? nextKey())
    },
    unsigned() {
      if (typeof last !== 'object') return
      keys.pop()
      skipped.push(`${last.label}: not signed by ssh-agent`)
    },
    takesKeys: () => left.length > 0 && takes('publickey'),
    takesPassword: () => METHODS.some(takes),
    offered: () => ({ keys, left, skipped, password, question, accepted }),
  }
}
