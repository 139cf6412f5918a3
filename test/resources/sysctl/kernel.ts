import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ResourceKind } from '../../../src/resources/resource.ts'
import { type Sysctl, sysctlKind } from '../../../src/resources/sysctl/sysctl.ts'
import { type SysctlFile, sysctlFileKind } from '../../../src/resources/sysctl/yielding-file.ts'
import { applyScript, parseFrame } from '../../../src/shell/frame.ts'
import { rawScript, type Script } from '../../../src/shell/script.ts'
import { dash } from '../../shell/dash.ts'
import { answersTo, asked, questionOf, scriptOf } from '../answers.ts'
import { scratch } from '../converge.ts'

/**
 * A host in a scratch folder, whose kernel takes what is written by a function of sh: `kernel PATH VALUE` runs in place
 * of the plain write.
 */
export function hostWith(files: Readonly<Record<string, string>>, kernel = 'printf "%s\\n" "$2" >"$1"') {
  const root = scratch()
  const write = (path: string, text: string) => {
    mkdirSync(dirname(`${root}${path}`), { recursive: true })
    writeFileSync(`${root}${path}`, text)
  }
  mkdirSync(`${root}/etc/sysctl.d`, { recursive: true })
  for (const [path, text] of Object.entries(files)) write(path, text)

  const moved = ({ sh }: Script): string =>
    sh
      .replaceAll(/(?<![\w.])\/(proc\/sys|etc\/|run\/|usr\/)/g, `${root}/$1`)
      // No test needs root.
      .replaceAll('chown -- root:root', 'true')
  const ask = <D, A>(kind: ResourceKind<D, A>, desired: readonly D[]) => {
    const { reads } = questionOf(kind, desired)
    const files = (reads?.files ?? []).map((file) => ({ ...file, path: `${root}${file.path}` }))
    const { answers: here } = asked({ reads: { files }, timeout: 30 })
    const seen = [...(here?.files ?? [])].map(([path, state]) => [path.slice(root.length), state])
    const own = dash(moved(scriptOf(kind, desired))).stdout.replaceAll(root, '')
    return kind.parse(answersTo(kind, desired, { files: Object.fromEntries(seen), own }), desired)
  }
  const run = (script: Script): string => {
    const tee = `kernel() { ${kernel}; }\ntee() { read -r v || :; kernel "$2" "$v"; }\nroot=${root}/proc/sys\n`
    const framed = applyScript('t', rawScript(':'), [
      { id: 'apply', script: rawScript(tee + moved(script)), timeout: 30 },
    ])
    const answer = parseFrame('t', dash(framed, []).stdout).get('apply')
    if (!answer) throw new Error('no answer')
    return `${answer.status}\n${answer.body.replaceAll(root, '')}`
  }
  const plan = (desired: readonly Sysctl[]) => {
    const actual = ask(sysctlKind, desired)
    return desired.flatMap((one) => {
      const state = actual.get(sysctlKind.key(one))
      if (state === undefined || state === 'unknown') throw new Error(`no state of ${one.name}`)
      const change = sysctlKind.diff(one, state)
      return [{ change, notes: sysctlKind.notes?.(one, state) ?? [] }]
    })
  }
  const changes = (desired: readonly Sysctl[]) => plan(desired).flatMap(({ change }) => change ?? [])
  const planFile = (desired: SysctlFile) => {
    const state = ask(sysctlFileKind, [desired]).get(desired.path)
    if (state === undefined || state === 'unknown') throw new Error('no state')
    return sysctlFileKind.diff(desired, state)
  }
  return {
    write,
    read: (path: string): string | undefined =>
      existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`, 'utf8').replaceAll(root, '') : undefined,
    changes,
    notes: (desired: readonly Sysctl[]) => plan(desired).flatMap(({ notes }) => notes),
    /** One step, as neighbours are applied. */
    apply: (desired: readonly Sysctl[]) => run(sysctlKind.apply(changes(desired))),
    /** A step that knows what is declared beside it. */
    applyOnly: (name: string, desired: readonly Sysctl[]) =>
      run(sysctlKind.apply(changes(desired).filter((change) => change.desired.name === name))),
    planFile,
    applyFile: (desired: SysctlFile) => {
      const change = planFile(desired)
      return change ? run(sysctlFileKind.apply([change])) : ''
    },
  }
}
