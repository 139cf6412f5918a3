import type { Origin } from '../../errors.ts'
import type { Value } from '../inventory.ts'

/**
 * Of an inventory that was made for something else: it has vars that nobody here asks for. It goes the way of the origin
 * through all merging.
 */
const FOREIGN = Symbol('of a foreign inventory')

export const asForeign = (origin: Origin): Origin => Object.defineProperty({ ...origin }, FOREIGN, { value: true })

export const isForeign = (origin: Origin | undefined): boolean => origin !== undefined && FOREIGN in origin

/** Something in a value that Ansible would render, or decrypt, and nobody does here. */
export const isForAnsible = (value: Value): boolean => /\{\{|\{%|"__ansible_vault"/.test(JSON.stringify(value))
