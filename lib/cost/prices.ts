import * as z from 'zod'

const usd = z.number().nonnegative()

/** What AWS charges, in USD. One table, one date. */
export const priceTable = z.strictObject({
  /** When the prices were noted, and where from. */
  asOf: z.string().min(1),
  source: z.string().min(1),
  region: z.string().min(1),
  /** A GPU machine (g4dn.xlarge) with its disk, by the hour. */
  gpuOnDemandHour: usd,
  gpuSpotHour: usd,
  /** A Fargate task of 4 vCPUs and 8 GB, by the hour. */
  fargateOnDemandHour: usd,
  fargateSpotHour: usd,
  lambdaGbSecond: usd,
  lambdaMillionRequests: usd,
  s3ThousandWrites: usd,
  s3ThousandReads: usd,
  s3GbMonth: usd,
  sqsMillionRequests: usd,
  eventsMillion: usd,
  kmsTenThousandRequests: usd,
  kmsKeyMonth: usd,
  logsGb: usd,
  /** One interface endpoint in one zone, by the hour. */
  endpointHour: usd,
  /** A public IPv4 address, by the hour. */
  publicAddressHour: usd,
})

export type PriceTable = z.infer<typeof priceTable>

/** Rounded list prices, noted without a look at the price list: check them before deciding anything on them. */
export const defaultPrices: PriceTable = {
  asOf: '2026-11-23',
  source: 'from memory, not verified against the AWS price list',
  region: 'us-east-1',
  gpuOnDemandHour: 0.532,
  gpuSpotHour: 0.22,
  fargateOnDemandHour: 0.198,
  fargateSpotHour: 0.06,
  lambdaGbSecond: 0.0000133334,
  lambdaMillionRequests: 0.2,
  s3ThousandWrites: 0.005,
  s3ThousandReads: 0.0004,
  s3GbMonth: 0.023,
  sqsMillionRequests: 0.4,
  eventsMillion: 1,
  kmsTenThousandRequests: 0.03,
  kmsKeyMonth: 1,
  logsGb: 0.5,
  endpointHour: 0.01,
  publicAddressHour: 0.005,
}
