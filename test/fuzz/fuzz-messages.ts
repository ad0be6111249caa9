export interface FuzzOutcome {
  /** The rejection's code; null where it was prepared, 'none' where the error had no code. */
  readonly code: string | null
  readonly warnings: readonly string[]
  /** Share of the prepared pixels that have the most frequent grey level. */
  readonly oneGreyShare: number
  /** The stack of an error without a code. */
  readonly defect: string | null
}

export interface FuzzReply extends FuzzOutcome {
  readonly index: number
  readonly seedFile: string
  readonly made: readonly string[]
  readonly milliseconds: number
  readonly extraBytes: number
  /** Damage alone was done, the picture is another, and nothing says so. */
  readonly silent: boolean
}
