import { drawArrivals, type PatternName } from './arrivals.ts'
import { type Fleet, fleets, type ProfileName } from './fleet.ts'
import type { PriceTable } from './prices.ts'
import { type Simulation, simulateFleet } from './simulate-fleet.ts'

export interface CostQuestion {
  /** Mean of a working day. */
  readonly imagesPerDay: number
  readonly pattern: PatternName
  readonly profile: ProfileName
  readonly endpoints: 'economy' | 'private'
  readonly days: number
  readonly statShare: number
  readonly seed: number
  /** What differs from the profile's fleet. */
  readonly changes: Partial<Fleet>
}

/** Seconds from upload to result; null where there was no image. */
export interface Percentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface CostEstimate {
  readonly images: number
  readonly latencySeconds: Readonly<Record<'stat' | 'routine', Percentiles>>
  /** USD for the simulated days, by what it is paid for. */
  readonly costUsd: Readonly<Record<CostPart, number>>
  readonly totalUsd: number
  readonly per1000ImagesUsd: number | null
  /** The simulated days scaled to 30.4. */
  readonly perMonthUsd: number
  readonly machineHours: Readonly<Record<'busy' | 'cold' | 'idle' | 'lost', number>>
  readonly jobs: number
  readonly interruptions: number
}

type CostPart = 'machines' | 'preprocessing' | 'storage' | 'queuesAndEvents' | 'keys' | 'logs' | 'network'

/** 11 interface endpoints in each of 3 zones. */
const privateEndpoints = 11 * 3
const daysPerMonth = 30.4

/** What each image costs besides machine time: requests and bytes, counted from the programs. Lambda: 2 GB for 0.6 s. */
const perImage = {
  lambdaGbSeconds: 2 * 0.6,
  s3Writes: 8,
  s3Reads: 14,
  storedGb: 0.0025,
  sqsRequests: 12,
  events: 1,
  kmsRequests: 4,
  logGb: 0.000004,
}

export function estimateCost(question: CostQuestion, prices: PriceTable): CostEstimate {
  const { days, profile, endpoints, seed } = question
  const fleet = { ...fleets[profile], ...question.changes }
  const simulation = simulateFleet(drawArrivals(question, seed), fleet, seed + 1, days)
  const images = simulation.arrived
  const costUsd = {
    machines: machineCost(simulation, profile, prices),
    preprocessing:
      images * perImage.lambdaGbSeconds * prices.lambdaGbSecond + (images / 1e6) * prices.lambdaMillionRequests,
    storage:
      (images / 1000) * (perImage.s3Writes * prices.s3ThousandWrites + perImage.s3Reads * prices.s3ThousandReads) +
      images * perImage.storedGb * prices.s3GbMonth,
    queuesAndEvents:
      (images / 1e6) * (perImage.sqsRequests * prices.sqsMillionRequests + perImage.events * prices.eventsMillion),
    keys:
      (images / 10_000) * perImage.kmsRequests * prices.kmsTenThousandRequests +
      (2 * prices.kmsKeyMonth * days) / daysPerMonth,
    logs: images * perImage.logGb * prices.logsGb,
    network:
      endpoints === 'private'
        ? privateEndpoints * 24 * days * prices.endpointHour
        : ((simulation.spotSeconds + simulation.onDemandSeconds) / 3600) * prices.publicAddressHour,
  }
  const totalUsd = Object.values(costUsd).reduce((sum, part) => sum + part, 0)
  const { machineSeconds } = simulation
  return {
    images,
    latencySeconds: {
      stat: percentilesOf(simulation.latencies.stat),
      routine: percentilesOf(simulation.latencies.routine),
    },
    costUsd,
    totalUsd,
    per1000ImagesUsd: images === 0 ? null : (1000 * totalUsd) / images,
    perMonthUsd: (totalUsd / days) * daysPerMonth,
    machineHours: {
      busy: machineSeconds.busy / 3600,
      cold: machineSeconds.cold / 3600,
      idle: machineSeconds.idle / 3600,
      lost: machineSeconds.lost / 3600,
    },
    jobs: simulation.jobs,
    interruptions: simulation.interruptions,
  }
}

function machineCost({ spotSeconds, onDemandSeconds }: Simulation, profile: ProfileName, prices: PriceTable): number {
  const [spot, onDemand] =
    profile === 'cpu'
      ? [prices.fargateSpotHour, prices.fargateOnDemandHour]
      : [prices.gpuSpotHour, prices.gpuOnDemandHour]
  return (spotSeconds * spot + onDemandSeconds * onDemand) / 3600
}

/** Nearest rank. */
function percentilesOf(latencies: readonly number[]): Percentiles {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number | null =>
    sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
