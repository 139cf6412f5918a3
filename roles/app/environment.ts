import { isSecret, reveal, type Secret, secret } from 'provision'

interface Values {
  readonly app_port: number
  readonly app_env: Readonly<Record<string, unknown>>
}

/** PORT and what app_env says, as values between double quotes of an EnvironmentFile; secrets stay secret. */
export function environment({ app_port, app_env }: Values): [string, string | Secret][] {
  return Object.entries({ PORT: app_port, ...app_env }).map(([key, value]) => [
    key,
    isSecret(value) ? secret(quoted(reveal(value))) : quoted(String(value)),
  ])
}

/** systemd.exec(5): inside double quotes a backslash stands before these four as in a shell, and nothing is expanded. */
const quoted = (value: string): string => value.replaceAll(/["\\`$]/g, '\\$&')
