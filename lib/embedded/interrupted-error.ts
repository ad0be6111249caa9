/** A run was ended by its signal; what was finished by then is stored, and a later run goes on from there. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor(finished: number, inputs: number) {
    super(`Interrupted: ${finished} of ${inputs} inputs are done.`)
  }
}
