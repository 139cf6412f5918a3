import { ProvisionError } from '../errors.ts'
import { type FieldSchemas, fieldsCheck } from './fields.ts'

/**
 * What makes sure of the fields that a constructor of steps or handlers is given.
 * @returns a function that throws a ProvisionError (input) with all that is wrong
 */
export function givenTo(name: string, fields: FieldSchemas): (input: object) => void {
  const problemsOf = fieldsCheck(fields)
  return (input) => {
    const problems = problemsOf(input)
    if (problems.length === 0) return
    throw new ProvisionError(`${name}(): ${problems.map(({ message }) => message).join('; ')}`, {
      code: 'input',
      hint: problems.find(({ hint }) => hint !== undefined)?.hint,
    })
  }
}
