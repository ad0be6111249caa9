import type { Review } from '../contract/review.ts'

const labels: Record<Review['pneumothorax'], string> = { present: '1', absent: '0', undecided: 'u' }
const columns = ['id', 'label', 'side', 'reviewer', 'reviewed_at', 'agreement', 'outcome', 'image_id', 'note']

/**
 * Reviews as a table of labels: a reader's last word on each image, so that two readers who differ are two rows, which
 * an evaluation leaves out and names.
 * @param names The file of each study: what an evaluation knows an image by.
 */
export function buildLabelTable(reviews: readonly Review[], names: ReadonlyMap<string, string>): string {
  const last = new Map(reviews.map((review) => [`${review.studyId} ${review.reviewer}`, review]))
  const rows = [...last.values()].map((review) => [
    names.get(review.studyId) ?? review.studyId,
    labels[review.pneumothorax],
    review.side ?? '',
    review.reviewer,
    review.reviewedAt,
    review.agreement,
    review.outcome,
    review.studyId,
    review.note,
  ])
  return `${[columns, ...rows].map((row) => row.map(quote).join(',')).join('\n')}\n`
}

/** A spreadsheet would take a cell that starts like a formula for one. */
function quote(cell: string): string {
  const plain = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
