import type { NotSuspectedFinding, SuspectedFinding } from '../../finding/finding.ts'
import type { RejectionCode } from '../../kernel/errors.ts'

/** Of an image that was not analysed. It must not be read as an answer by anybody, in a list of one line either. */
export const notAnalysedSentence = (code: RejectionCode): string =>
  `NOT ANALYSED (${code}): nothing is known of pneumothorax in this image. Read it without this result.`

export function sentenceOf(finding: SuspectedFinding | NotSuspectedFinding): string {
  const { probability, operatingPoint } = finding.classification
  const found = {
    suspected: 'Pneumothorax suspected',
    'not-suspected': 'Pneumothorax not suspected, which does not rule it out',
  }[finding.outcome]
  const doubt = finding.outcome === 'suspected' && finding.discordant ? ', no region delineated: look with care' : ''
  const against = `probability ${probability.toFixed(3)}, suspected from ${operatingPoint.threshold.toFixed(3)} on`
  return `${found}${doubt}: ${against}. Computer result, unverified, not for diagnostic use.`
}
