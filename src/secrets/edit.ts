import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { parseSops, printed } from '../inventory/sops/document.ts'
import { type OpenFile, sealFile } from '../inventory/sops/file.ts'
import { type PrivateFolder, privateFolder } from './private-folder.ts'
import { type SecretsContext, targetOf } from './project.ts'
import { openTarget, replaceFile, textOf } from './store.ts'

export interface EditEdges {
  /** Shell words of the editor's command; the file is added. */
  readonly editor: string
  /** Asked when what was saved can't be used: whether to open the editor again. */
  again(problem: string): Promise<boolean>
}

/**
 * Opens an encrypted file in an editor and encrypts it again if it was changed. What has not changed keeps its
 * ciphertext, and comments stay.
 */
export async function editSecrets(context: SecretsContext, file: string, edges: EditEdges): Promise<void> {
  const target = targetOf(context, file)
  const before = await textOf(target.path)
  const opened = await openTarget(target, context.keyring)
  const folder = await privateFolder()
  const release = wipeOnSignals(folder)
  try {
    if (!folder.inMemory) context.say(`no file system in memory here: the text is in ${folder.dir} while you edit`)
    const text = opened.isNew ? FIRST : printed(opened.plain)
    const sealed = await edited(join(folder.dir, basename(target.path)), text, opened, target.file, edges)
    if (sealed === undefined) {
      context.say(`${target.file} is left as it was`)
      return
    }
    if ((await textOf(target.path)) !== before) {
      throw new ProvisionError(`${target.file} was changed by something else while it was edited`, {
        code: 'input',
        hint: 'nothing was written: edit it again',
      })
    }
    await replaceFile(target.path, sealed)
    context.say(`${target.file} is encrypted and written`)
  } finally {
    release()
    await folder.wipe()
  }
}

const FIRST =
  '# Each value is encrypted when you save and leave; names and the shape stay readable.\n# db_password: …\n'

/** The new text of the file; undefined when there is nothing to write. */
async function edited(
  path: string,
  text: string,
  opened: OpenFile,
  name: string,
  { editor, again }: EditEdges,
): Promise<string | undefined> {
  await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  for (;;) {
    await runEditor(editor, path)
    const saved = await readFile(path, 'utf8')
    if (saved === text) return undefined
    try {
      return sealFile(parseSops(saved, name), opened, new Date())
    } catch (error) {
      if (!(error instanceof ProvisionError) || !(await again(placed(error)))) throw error
    }
  }
}

const placed = ({ message, origin }: ProvisionError): string =>
  origin === undefined ? message : `line ${origin.line}: ${message}`

/** @throws ProvisionError when it ends with a failure: the person gave up, or it is not there. */
async function runEditor(editor: string, path: string): Promise<void> {
  // The command is the user's own shell words, as git takes it: `code --wait`.
  const child = spawn('sh', ['-c', `${editor} "$1"`, 'editor', path], { stdio: 'inherit' })
  // Ctrl-C in the terminal is for the editor; the text must be wiped after it.
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', resolve)
    })
    if (status === 0) return
    throw new ProvisionError(
      `the editor '${editor}' ended with status ${status ?? 'of a signal'}: nothing is written`,
      {
        code: 'input',
        hint: 'set EDITOR to the command of your editor',
      },
    )
  } finally {
    process.off('SIGINT', ignore)
  }
}

/** A process that is told to end leaves nothing in the clear. */
function wipeOnSignals(folder: PrivateFolder): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    void folder.wipe().finally(() => process.kill(process.pid, signal))
  }
  const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP']
  for (const signal of signals) process.once(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
