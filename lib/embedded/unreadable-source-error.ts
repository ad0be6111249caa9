/** A file that was identified could not be read as the same: it vanished, became unreadable, or changed meanwhile. */
export class UnreadableSourceError extends Error {
  override readonly name = 'UnreadableSourceError'
}
