/** How hosts are reached, as an inventory names it; `src/connection/connect.ts` has what each of them does. */
export const TRANSPORTS = ['ssh', 'openssh', 'local'] as const

export type Transport = (typeof TRANSPORTS)[number]
