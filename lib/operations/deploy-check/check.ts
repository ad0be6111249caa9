/** `not-checked`: only the account itself can tell; the remedy says how to ask it. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'not-checked'

/** One thing that a first deployment can fail for. */
export interface Check {
  readonly check: string
  readonly verdict: Verdict
  readonly found: string
  /** What to do; null when there is nothing to do. */
  readonly remedy: string | null
}

export const ok = (check: string, found: string): Check => ({ check, verdict: 'ok', found, remedy: null })

export const warning = (check: string, found: string, remedy: string): Check => ({
  check,
  verdict: 'warning',
  found,
  remedy,
})

export const failed = (check: string, found: string, remedy: string): Check => ({
  check,
  verdict: 'failed',
  found,
  remedy,
})

export const notChecked = (check: string, found: string, remedy: string): Check => ({
  check,
  verdict: 'not-checked',
  found,
  remedy,
})
