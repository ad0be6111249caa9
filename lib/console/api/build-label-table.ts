import type { Review } from '../contract/review.ts'

const labels: Record<Review['pneumothorax'], string> = { present: '1', absent: '0', undecided: 'u' }
const columns = ['id', 'label', 'side', 'reviewer', 'reviewed_at', 'agreement', 'outcome', 'image_id', 'mask', 'note']

/** What the mask of a review is called in an export. */
export const maskNameOf = ({ reviewId }: Pick<Review, 'reviewId'>): string => `${reviewId}.png`

/**
 * Reviews as a table of labels: two readers who differ are two rows, which an evaluation leaves out and names.
 * @param lastWords Each reader's last word on each image
 * @param names What an evaluation knows each study by; the id where it is not among them.
 */
export function buildLabelTable(lastWords: readonly Review[], names: ReadonlyMap<string, string>): string {
  const rows = lastWords.map((review) => [
    names.get(review.studyId) ?? review.studyId,
    labels[review.pneumothorax],
    review.side ?? '',
    review.reviewer,
    review.reviewedAt,
    review.agreement,
    review.outcome,
    review.studyId,
    review.mask ? maskNameOf(review) : '',
    review.note,
  ])
  return `${[columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\n')}\n`
}

/** A spreadsheet would take a cell that starts like a formula for one. */
export function csvCell(cell: string): string {
  const plain = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
