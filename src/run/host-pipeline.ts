import { readArtifact } from '../artifacts/artifact-files.ts'
import type { CompiledHost } from '../catalog/compiled.ts'
import { InputError } from '../errors.ts'
import { askState } from '../execute/ask-state.ts'
import type { Means } from '../execute/converge.ts'
import { probeHost } from '../execute/probe-host.ts'
import { refresh } from '../execute/refresh.ts'
import type { Facts } from '../facts/facts.ts'
import { parseFacts } from '../facts/parse.ts'
import { factsProbe } from '../facts/probe.ts'
import type { Host } from '../inventory/inventory.ts'
import { refreshLists } from '../resources/package/lists.ts'
import type { HostSeal } from '../sealed/seal-host.ts'
import { hostSealing } from './host-sealing.ts'
import { upgradable } from './newer.ts'
import type { Prepared } from './prepare.ts'
import type { RollbackTarget } from './rollback.ts'
import type { RunOptions } from './run-options.ts'

/** What one host goes through whenever it is asked and planned, and what it remembers from one time to the next. */
export interface HostPipeline extends Means {
  /** What its roles declare, by key, where an upgrade wants something newer. */
  declared(): ReadonlyMap<string, unknown>
  /** Of what it was last planned to change; undefined where plans are not kept. */
  seal(): HostSeal | undefined
}

export interface PipelineInput {
  readonly options: Pick<RunOptions, 'root' | 'upgrade' | 'sealing'>
  readonly prepared: Pick<Prepared, 'compiler' | 'tags' | 'known' | 'cache' | 'mask'>
  readonly host: Host
  /** Where a rollback goes to; undefined: it is none. */
  readonly target?: RollbackTarget | undefined
}

/**
 * What roles want of the host's facts, in an upgrade the newest, in a rollback what was before; asked, compared, planned.
 * The lists of packages are read anew once, and where a rollback goes to is found out once.
 */
export function hostPipeline({ options, prepared, host, target }: PipelineInput): HostPipeline {
  const { compiler, tags, cache, mask } = prepared
  const { name, tier } = host
  let known = prepared.known.get(name)
  let isRefreshed = !options.upgrade
  let declared: ReadonlyMap<string, unknown> = new Map()
  const sealing = options.sealing && hostSealing(options.sealing, name)

  const compile = (facts: Facts): CompiledHost => {
    const compiled = compiler.compile(host, facts, { tags })
    mask.learnDeclared(compiled.resources.map(({ desired }) => desired))
    if (compiled.problems.length > 0) throw new InputError(compiled.problems)
    if (target) {
      // A rollback migrates nothing: nobody waits for anybody.
      const rollouts = compiled.rollouts.map((one) => ({ ...one, first: undefined }))
      return { ...compiled, resources: target.resources(compiled.resources), rollouts }
    }
    if (!options.upgrade) return compiled
    const wanted = upgradable(compiled.resources)
    declared = wanted.plain
    return { ...compiled, resources: wanted.resources }
  }

  return {
    declared: () => declared,
    seal: () => sealing?.seal(),
    sealed: sealing?.guard,
    readArtifact: (artifact) => readArtifact(options.root, artifact),
    async probe(session, after) {
      const more = sealing?.questions(session.target)
      const input = { session, tier, factsProbe, parseFacts, compile, more }
      if (!isRefreshed) await refresh(session, refreshLists)
      isRefreshed = true
      if (target && !target.finalised) {
        const { facts, resources } = await probeHost(input, known)
        known = facts
        target.finalise(resources, await askState(session, resources))
      }
      const { facts, planned, resources, observed } = await probeHost(input, known, after)
      known = facts
      await cache.write(name, facts)
      sealing?.heard({ planned, resources, observed }, session)
      // Of a part of the roles, or of the resources, nobody can tell which handlers have no owner.
      return tags || target ? { ...planned, stale: [] } : planned
    },
  }
}
