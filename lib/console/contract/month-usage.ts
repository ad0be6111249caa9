import * as z from 'zod'

const count = z.number().int().nonnegative()
const usd = z.number().nonnegative()

/** What a tenant has used in the calendar month (UTC): what is held against its quota and budget, and what is billed. */
export const monthUsage = z
  .strictObject({
    month: z.string().regex(/^\d{4}-\d{2}$/),
    admitted: count.describe('Images that count against quota and budget, each once; rejected ones too'),
    quotaImages: count.nullable().describe('Null: no limit'),
    spentUsd: usd.describe('What the budget is held against: the admitted images × what one is taken to cost'),
    budgetUsd: usd.nullable().describe('Null: no limit'),
    billed: z.strictObject({ suspected: count, notSuspected: count }).describe('Receipts, one for each analysis'),
    damagedReceipts: count.describe('They are in no other figure; `pleura usage` names them'),
    estimatedCostUsd: usd.describe('Of the machines, as the receipts say'),
  })
  .meta({ id: 'MonthUsage' })

export type MonthUsage = z.infer<typeof monthUsage>
