import { contract } from '../../contracts/contract.ts'

/** The account that a server of the host has for the one who reads its metrics, over the socket. */
export const mysqlExporterAccount = contract('mysqlExporterAccount', {
  user: { description: 'Name of the account.', type: 'string', minLength: 1 },
  password: { description: 'Its password.', is: 'secret' },
})

/** A host that uses the databases of every MySQL server: their firewalls let it in. */
export const mysqlClient = contract('mysqlClient', {
  address: { description: "Where it connects from. Not set: the host's address.", type: 'string', optional: true },
})
