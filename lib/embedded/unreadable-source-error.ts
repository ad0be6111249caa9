/** A file could be identified and then not be read as the same: it went, was closed to us, or changed meanwhile. */
export class UnreadableSourceError extends Error {
  override readonly name = 'UnreadableSourceError'
}
