import * as z from 'zod'

const count = z.number().int().nonnegative()

const measure = z
  .strictObject({
    value: z.number().min(0).max(1).nullable().describe('Null where no image tells it'),
    lower: z.number().min(0).max(1).nullable(),
    upper: z.number().min(0).max(1).nullable(),
    images: count.describe('On how many it rests: the denominator'),
  })
  .meta({ id: 'AgreementMeasure', description: 'A proportion with its 95 % interval (Wilson)' })

const accuracy = z
  .strictObject({
    truePositives: count.describe('Suspected, and a reader sees a pneumothorax'),
    falsePositives: count,
    trueNegatives: count,
    falseNegatives: count.describe('Not suspected, and a reader sees a pneumothorax'),
    sensitivity: measure,
    specificity: measure,
    positivePredictiveValue: measure,
    negativePredictiveValue: measure,
  })
  .meta({ id: 'AgreementAccuracy' })

const accuracyOverTime = z
  .strictObject({
    all: accuracy,
    periods: z
      .array(z.strictObject({ from: z.iso.date(), ...accuracy.shape }))
      .describe('By when the last word was said, UTC; a week starts on Monday. Periods without a review are left out'),
  })
  .meta({ id: 'AgreementOverTime' })

export const agreementQuery = z.object({
  per: z.enum(['week', 'month']).default('week'),
})

/** The results held against what readers said last of each image. */
export const agreement = z
  .strictObject({
    per: z.enum(['week', 'month']),
    everybody: accuracyOverTime,
    reviewers: z.array(z.strictObject({ reviewer: z.string(), ...accuracyOverTime.shape })),
    left: z
      .strictObject({
        differing: count.describe('Readers differ whether a pneumothorax is present'),
        undecided: count,
        notAnalysed: count.describe('There was no result to be right or wrong'),
      })
      .describe('Images that were read and are in none of the figures'),
    read: z
      .array(
        z.strictObject({
          outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
          images: count,
          read: count.describe('By anybody'),
        }),
      )
      .describe('How much of the worklist was read: where the suspected are read first, the figures are theirs'),
  })
  .meta({ id: 'Agreement' })

export type Agreement = z.infer<typeof agreement>
export type AgreementOverTime = z.infer<typeof accuracyOverTime>
export type AgreementAccuracy = z.infer<typeof accuracy>
export type AgreementMeasure = z.infer<typeof measure>
