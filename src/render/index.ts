import { WriteStream } from 'node:tty'
import type { Renderer, RenderOptions } from './renderer.ts'
import { outliveFailure } from './stream.ts'

export type { Renderer, RenderOptions } from './renderer.ts'

/** Below this, a tree's lines would be cut to nothing. */
const TREE_COLUMNS = 30

type Make = (options: RenderOptions) => Renderer

/**
 * Every way to show a run, by the word that `--renderer` takes. A renderer is a file of its own and an entry here; it is
 * loaded when it is chosen.
 */
const RENDERERS = {
  tree: async (): Promise<Make> => {
    const [{ treeRenderer }, { plainRenderer }] = await Promise.all([import('./tree.ts'), import('./plain.ts')])
    return (options) => {
      const { out } = options
      // A tree needs a terminal of some width, and a pseudo-terminal may have none.
      const fits = out instanceof WriteStream && out.columns >= TREE_COLUMNS
      return fits ? treeRenderer({ ...options, out }) : plainRenderer(options)
    }
  },
  plain: async (): Promise<Make> => (await import('./plain.ts')).plainRenderer,
  json: async (): Promise<Make> => (await import('./json.ts')).jsonRenderer,
}

export type RendererKind = keyof typeof RENDERERS

const isKind = (word: string): word is RendererKind => Object.hasOwn(RENDERERS, word)

/** The words that `--renderer` takes. */
export const RENDERER_KINDS: readonly RendererKind[] = Object.keys(RENDERERS).filter(isKind)

/**
 * The renderer for a run.
 * @param options `columns` is used by the tree only; JSON takes none but `out`.
 */
export async function createRenderer(kind: RendererKind, options: RenderOptions): Promise<Renderer> {
  outliveFailure(options.out, options.err)
  const make = await RENDERERS[kind]()
  return make(options)
}
