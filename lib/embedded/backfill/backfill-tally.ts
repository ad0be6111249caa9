import { isSetAside, type ResultLine } from '../../screening/result-documents/result-line.ts'

/** What lines of results.jsonl add up to. */
export class BackfillTally {
  lines = 0
  suspected = 0
  notSuspected = 0
  notAnalysed = 0
  setAside = 0
  readonly reasons: Record<string, number> = {}
  readonly setAsideReasons: Record<string, number> = {}

  add(line: Pick<ResultLine, 'outcome' | 'reason'>): void {
    this.lines++
    const reason = line.reason ?? 'no reason given'
    if (isSetAside(line)) {
      this.setAside++
      this.setAsideReasons[reason] = (this.setAsideReasons[reason] ?? 0) + 1
    } else if (line.outcome === 'not-analysed') {
      this.notAnalysed++
      this.reasons[reason] = (this.reasons[reason] ?? 0) + 1
    } else if (line.outcome === 'suspected') this.suspected++
    else this.notSuspected++
  }

  /** Pictures that have been through, whatever came out. */
  get images(): number {
    return this.lines - this.setAside
  }
}
