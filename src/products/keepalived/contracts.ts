import { contract } from '../../contracts/contract.ts'

/** An address that one of several hosts has at a time. */
export const floatingAddress = contract('floatingAddress', {
  address: { description: 'Without the prefix of its network.', type: 'string', minLength: 1 },
})
