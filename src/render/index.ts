import { WriteStream } from 'node:tty'
import { jsonRenderer } from './json.ts'
import { plainRenderer } from './plain.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { outliveFailure } from './stream.ts'
import { treeRenderer } from './tree.ts'

export type { Renderer, RenderOptions } from './renderer.ts'

/** Below this, a tree's lines would be cut to nothing. */
const TREE_COLUMNS = 30

export type RendererKind = 'tree' | 'plain' | 'json'

/**
 * The renderer for a run.
 * @param kind `tree` needs a terminal of some width (a pseudo-terminal may have none): else the plain one takes its place.
 * @param options `columns` is used by the tree only; JSON takes none but `out`.
 */
export function createRenderer(kind: RendererKind, options: RenderOptions): Renderer {
  outliveFailure(options.out, options.err)
  if (kind === 'json') return jsonRenderer(options)
  const { out } = options
  return kind === 'tree' && out instanceof WriteStream && out.columns >= TREE_COLUMNS
    ? treeRenderer({ ...options, out })
    : plainRenderer(options)
}
