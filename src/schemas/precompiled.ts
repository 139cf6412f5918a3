import type { ValidateFunction } from 'ajv'

/**
 * Compiled schemas of this version of provision, by digest. From sources there are none; the build puts them in the place
 * of this module (scripts/precompile.ts).
 */
export const PRECOMPILED: Readonly<Record<string, ValidateFunction>> = {}
