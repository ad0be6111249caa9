import type { Review } from '../contract/review.ts'

/** What each reader said last of each image, in the order in which they first spoke. */
export function lastWordsOf(reviews: readonly Review[]): Review[] {
  return [...new Map(reviews.map((review) => [`${review.studyId} ${review.reviewer}`, review])).values()]
}

/** The last words on each image. */
export function byStudy(lastWords: readonly Review[]): Map<string, Review[]> {
  const studies = new Map<string, Review[]>()
  for (const review of lastWords) {
    const words = studies.get(review.studyId)
    if (words) words.push(review)
    else studies.set(review.studyId, [review])
  }
  return studies
}

/** What readers say of one image; null where they differ. */
export function commonWord(lastWords: readonly Review[]): Review['pneumothorax'] | null {
  const words = new Set(lastWords.map(({ pneumothorax }) => pneumothorax))
  return words.size === 1 ? [...words][0] : null
}
