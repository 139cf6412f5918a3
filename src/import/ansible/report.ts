import { FINDINGS, type Finding, type FindingKind } from './finding.ts'

/** Findings of one kind, and how many there are. */
export interface FindingGroup {
  readonly kind: FindingKind
  readonly title: string
  readonly lines: readonly string[]
}

/** In the order of the kinds; within one, by place. */
export function findingGroups(findings: readonly Finding[]): FindingGroup[] {
  return Object.entries(FINDINGS).flatMap(([kind, title]): FindingGroup[] => {
    const own = findings.filter((one) => one.kind === kind)
    const [first] = own
    return first === undefined ? [] : [{ kind: first.kind, title, lines: [...own].sort(byPlace).map(lineOf) }]
  })
}

const byPlace = (a: Finding, b: Finding): number =>
  compareText(a.at?.file ?? a.subject, b.at?.file ?? b.subject) || (a.at?.line ?? 0) - (b.at?.line ?? 0)

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const lineOf = ({ at, subject, note }: Finding): string => {
  const place = at === undefined || at.file === '' ? '' : `${at.file}:${at.line}  `
  return `${place}${subject}${note === undefined ? '' : `  (${note})`}`
}

/** A long note has a line of its own, where people read it on a terminal. */
export const forTerminal = (line: string): string[] => {
  const [, subject, note] = /^(.*?) {2}\((.*)\)$/s.exec(line) ?? []
  return line.length <= 110 || subject === undefined || note === undefined ? [line] : [subject, `  → ${note}`]
}

/** `3 vars that …`: what was not carried, counted. */
export const countsOf = (groups: readonly FindingGroup[]): string[] =>
  groups.map(({ title, lines }) => `${String(lines.length).padStart(5)}  ${title}`)

/** The whole report, as Markdown. */
export function reportText(head: readonly string[], groups: readonly FindingGroup[]): string {
  const sections = groups.flatMap(({ title, lines }) => [
    '',
    `## ${lines.length} ${title}`,
    '',
    ...lines.map((line) => `- ${line}`),
  ])
  return `${[...head, ...sections].join('\n')}\n`
}
