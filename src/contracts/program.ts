import { contract } from './contract.ts'

/** A program that serves on its host. What stands before it there goes out of service with it. */
export const program = contract('program', {
  name: { description: 'As people call it.', type: 'string', minLength: 1 },
  ports: {
    description: 'TCP ports that it answers on, the one that others use first.',
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: 65535 },
  },
  disruptive: {
    description: 'What takes it away for a moment when it changes: keys, as `keyOf` makes them.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  requiredServices: {
    description: 'Services without which it does not serve: keys.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
})
