import type { Problem } from '../errors.ts'
import type { Text } from '../masking/secret.ts'
import type { Answers, Reads } from '../observe/question.ts'
import type { FieldSchemas } from '../schemas/fields.ts'
import type { Script } from '../shell/script.ts'

/** The contract of a kind of resource: four pure verbs, no connection, no file system. */
export interface ResourceKind<Desired = unknown, Actual = unknown> {
  /** The kind's name, one word as in `file:/etc/motd`. */
  readonly kind: string
  /** Identity on a host; two resources of a kind with the same key are an error. */
  key(desired: Desired): string
  /**
   * What it asks of files and of systemd's units for ALL resources of the kind, as data. A host is asked it once for all
   * kinds, and `parse` gets the answers as data.
   */
  reads?(all: readonly Desired[]): Reads
  /**
   * Read-only script for what `reads` can't ask, for ALL resources of the kind at once. Its standard output goes to
   * `parse`, whole and unaltered. ASCII only (base64 for what may not be). Exit status 0, or the kind counts as failed
   * on this host.
   */
  probe?(all: readonly Desired[]): Script
  /**
   * What the host holds, by key. `absent`: it is certain that it is not there. `unknown`: it can't be known before an
   * earlier change is made (a database's users before it runs).
   * @throws any Error when the answer is not what the probe prints: the kind is then marked failed on this host.
   */
  parse(answers: Answers, all: readonly Desired[]): ReadonlyMap<string, Actual | 'absent' | 'unknown'>
  /**
   * What would have to change; undefined when nothing.
   * @throws ProvisionError when what the probe shows already rules the change out (a masked unit, a held package): the
   *   plan then tells so at this resource, and nothing on the host is changed
   */
  diff(desired: Desired, actual: Actual | 'absent'): Change<Desired, Actual> | undefined
  /**
   * A script for neighbouring changes of the kind; runs under `set -eu`, safe to run twice, guarded: it validates
   * before it replaces and writes atomically. Most kinds do one change after the other; apt takes them as one
   * transaction. What is said of one of several: `shell/part-marks`. A new state must be on disk when it ends (see `shell/fragments`).
   * @param write gives the bytes of the artifacts that these changes name; not given where a script is only shown
   */
  apply(changes: readonly Change<Desired, Actual>[], write?: WriteArtifact): Script
  /** Files of the controller that this resource may need: they must be there before any host is touched. */
  artifacts?(desired: Desired): readonly Artifact[]
  /** Neighbouring changes of this kind are applied by one call of `apply` (apt, ufw). Default false: one at a time. */
  readonly batch?: boolean
  /**
   * All resources of the kind on a host are moved to the place of the first one, whichever roles they come from: the
   * firewall has every rule before its policy closes the rest.
   */
  readonly groupTogether?: boolean
  /**
   * For changes that can cut the tool's own access: how to put the present state back. The executor arms a timer on
   * the host with `restore`, makes the change, and disarms only over a new connection.
   */
  autoRevert?(changes: readonly Change<Desired, Actual>[]): AutoRevert | undefined
  /**
   * What its probe finds depends on other hosts, which the same run may change first: the host is then probed anew when
   * its turn comes, if there is anything to do about the kind. Default false.
   */
  readonly replanBeforeApply?: boolean
  /**
   * The host is the primary of its tier, on which the others depend, while this is so of it: where its change disturbs, it
   * comes after theirs.
   */
  isPrimary?(actual: Actual): boolean
  /**
   * What a person should know before the change is made, or although nothing differs (another file that wins at boot):
   * whole sentences without a full stop. The plan shows them at the resource.
   */
  notes?(desired: Desired, actual: Actual | 'absent'): readonly string[]
  /**
   * What stands in the way of a change, by key, as the probe saw it: a directory that is missing, a mount point. The plan
   * refuses the change with it, unless one before it in the plan may clear the way. Asked with what `parse` got.
   */
  obstacles?(answers: Answers, all: readonly Desired[]): ReadonlyMap<string, Obstacle>
  /**
   * Whether a change of it may make, replace or remove what is at an absolute path. A kind without it may do anything (a
   * package, a command).
   */
  affects?(desired: Desired, path: string): boolean
  /**
   * What of the host's state a change rests on, for a plan that is kept: it is applied only as long as that is the same.
   * Default: all of `actual`. Undefined: it is known only when the change is made.
   */
  basis?(change: Change<Desired, Actual>): unknown
  /** What `provision upgrade` wants in its place: the newest that the declaration allows. Undefined: the same. */
  upgraded?(desired: Desired): Desired
  /**
   * The way back, for `provision rollback`. A kind without it has none: a rollback leaves its resources alone.
   * @param to where to, as people name it; undefined: what was before the present state
   */
  previous?(desired: Desired, actual: Actual | 'absent', to: string | undefined): Previous<Desired>
  /** Seconds that `apply` may take, for so many changes. Default 300. */
  readonly timeout?: number | ((changes: number) => number)
}

/** Exit status of `apply`: the change failed, and what was there before is back and has proven that it serves. */
export const RESTORED = 77

/** Why a change can't be made as things stand. */
export interface Obstacle {
  /** Whole sentence without a full stop. */
  readonly message: string
  readonly hint?: string | undefined
  /** Absolute: who changes what is here may clear the way. Undefined: only a kind that may do anything. */
  readonly path?: string | undefined
}

/** What a rollback wants in place of what is declared, in words that people know (versions); or why it can't be. */
export type Previous<Desired = unknown> =
  | {
      readonly desired: Desired
      readonly from: string
      readonly to: string
      /** What a plain run brings back, and texts of the declaration by which the vars are found that say so. */
      readonly declared: string
      readonly sources: readonly string[]
    }
  | { readonly refused: string; readonly hint?: string | undefined }

/** A file on the controller whose bytes a change brings to the host. It is read when it is sent, and only then. */
export interface Artifact {
  /** Absolute, or relative to the project. */
  readonly path: string
  /** Of the whole file, 64 lower-case hex digits. A file that has another one is never sent. */
  readonly sha256: string
}

/**
 * A script that writes an artifact's bytes to where a redirection points; they travel as base64 on standard input.
 * @param target a script that is one word, e.g. sh`"$tmp"`
 */
export type WriteArtifact = (artifact: Artifact, target: Script) => Script

/** What a dry run shows of one field; secrets are masked by who makes it. */
export interface FieldChange {
  readonly field: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Content before and after, for a line diff. The planner masks secrets in both. */
export interface TextChange {
  readonly name: string
  /** Undefined: there was none. A note in place of text when it can't be shown (`binary`, `too large`). */
  readonly before: string | undefined
  readonly after: Text | undefined
  readonly note?: string | undefined
}

/** create, update, delete: state that differs. run: a command that has no state to compare. */
export type Action = 'create' | 'update' | 'delete' | 'run'

export interface Change<Desired = unknown, Actual = unknown> {
  readonly action: Action
  readonly desired: Desired
  readonly actual: Actual | 'absent'
  readonly fields: readonly FieldChange[]
  readonly texts?: readonly TextChange[] | undefined
  /** A command without a condition: it runs each time, so the probe after it need not be clean. */
  readonly repeats?: boolean | undefined
  /** What `apply` writes to the host. Named by `diff`, so that a host that has it already is sent nothing. */
  readonly artifacts?: readonly Artifact[] | undefined
}

/**
 * The way back from a change that may lock the tool out. `restore` runs as root from a timer, with the directory
 * that `snapshot` filled as $SNAPSHOT in both. What it leaves there is flushed before the change.
 */
export interface AutoRevert {
  readonly snapshot: Script
  readonly restore: Script
}

/**
 * Work that a change calls for: a reload, a restart. The marker is written on the target before the change and removed
 * after `script` succeeded, so the next run runs it what this one could not.
 */
export interface Handler {
  /** Unique on a host, as people read it: `reload nginx`. */
  readonly id: string
  /** Must prove its effect, not its exit status. Runs under `set -eu`; safe to run twice. */
  readonly script: Script
  /** systemd unit it acts on, when it does: a unit started anew since the marker was written has nothing pending. */
  readonly unit?: string | undefined
  /** Handlers that are run with this one (a restart counts as a reload). */
  readonly supersedes?: readonly string[] | undefined
}

/** One declared piece of state on one host. */
export interface Resource<Desired = unknown, Actual = unknown> {
  readonly kind: ResourceKind<Desired, Actual>
  readonly desired: Desired
  readonly notify: readonly Handler[]
  /** What was given, where the kind takes it in another form. */
  readonly given?: object | undefined
  /** What it was checked by. */
  readonly fields?: FieldSchemas | undefined
  /** What is wrong with it: it can't be planned. */
  readonly problems?: readonly Problem[] | undefined
  /** Where a role declared it, as V8 has it; only where somebody will want to know. */
  readonly stack?: string
}

export interface ResourceOptions {
  /** Handlers that a change of this resource calls for. */
  readonly notify?: readonly Handler[]
}
