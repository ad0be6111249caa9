/** An empty folder, often one that something should have been mounted on: no success, though nothing failed. */
export class NothingToAnalyseError extends Error {
  override readonly name = 'NothingToAnalyseError'

  constructor(paths: readonly string[]) {
    super(`There is no picture in ${paths.join(', ')}. Is it the right folder, and is it mounted?`)
  }
}

/** @throws {NothingToAnalyseError} before an earlier list of results would be replaced by an empty one */
export function requireInputs(inputs: readonly unknown[], paths: readonly string[]): void {
  if (inputs.length === 0) throw new NothingToAnalyseError(paths)
}
