import type { Origin } from '../errors.ts'
import type { Subject } from './criteria.ts'
import type { Node } from './files.ts'
import type { Statement } from './syntax.ts'
import { percentExpanded } from './tokens.ts'

export interface Question {
  /** The name that ssh would be called with. */
  readonly name: string
  /** Who logs in, where that is settled already, as by `ssh -l`. */
  readonly user: string | undefined
  /** Who logs in where no file says it. */
  readonly defaultUser: string
  readonly localUser: string
}

/** What the files say about one host. */
export interface Answer {
  /** The first that speaks of it, by the keyword in lower case; IdentityFile and CertificateFile are in `lists`. */
  readonly values: ReadonlyMap<string, Statement>
  readonly lists: ReadonlyMap<string, readonly Statement[]>
  /** Keywords that a section may set of which only ssh can tell whether it holds. */
  readonly undecided: ReadonlyMap<string, { readonly label: string; readonly origin: Origin }>
  /** The name, or what HostName makes of it. */
  readonly hostName: string
}

const LISTS = ['identityfile', 'certificatefile']
/** The first of them keeps the others out. */
const slotOf = (name: string): string => (name === 'proxycommand' ? 'proxyjump' : name)

type Active = boolean | { readonly label: string; readonly origin: Origin }

/** Goes through the files as ssh does: from top to bottom, and for each keyword the first value counts. */
export function evaluate(nodes: readonly Node[], question: Question): Answer {
  const values = new Map<string, Statement>()
  const lists = new Map<string, Statement[]>()
  const undecided = new Map<string, { readonly label: string; readonly origin: Origin }>()
  let wantsFinal = false
  let finalPass = false
  let name = question.name

  const hostName = (): string => {
    const written = values.get('hostname')?.words[0]
    return written === undefined ? name : (percentExpanded(written, new Map([['h', name]])) ?? written)
  }
  const subject: Subject = {
    original: question.name,
    localUser: question.localUser,
    get name() {
      return name
    },
    get hostName() {
      return hostName()
    },
    get user() {
      return question.user ?? values.get('user')?.words[0] ?? question.defaultUser
    },
    get finalPass() {
      return finalPass
    },
  }
  const settle = (statement: Statement, active: Active): void => {
    const slot = slotOf(statement.name)
    if (active !== true) {
      if (active !== false && !values.has(slot) && !undecided.has(slot)) undecided.set(slot, active)
    } else if (LISTS.includes(slot)) {
      const list = lists.get(slot) ?? []
      if (!list.some(({ words }) => words[0] === statement.words[0])) lists.set(slot, [...list, statement])
    } else if (!values.has(slot) && !undecided.has(slot)) values.set(slot, statement)
  }
  const pass = (list: readonly Node[], outer: Active): void => {
    let active = outer
    for (const node of list) {
      if (node.kind === 'setting') settle(node.statement, active)
      else if (node.kind === 'include') {
        const around = active
        for (const file of node.files) pass(file, around)
      } else {
        const { section } = node
        if (section.wantsFinal) wantsFinal = true
        const holds = section.holds(subject)
        if (outer === false || holds === false) active = false
        else if (outer !== true) active = outer
        else active = holds === undefined ? { label: section.label, origin: section.origin } : true
      }
    }
  }
  pass(nodes, true)
  const found = hostName()
  if (wantsFinal) {
    finalPass = true
    name = found.toLowerCase()
    pass(nodes, true)
  }
  return { values, lists, undecided, hostName: found.toLowerCase() }
}
