import { ProvisionError } from 'provision'

export const refused = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(message, { code: 'input', hint })
