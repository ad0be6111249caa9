import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ScreenEnvironment } from '../../../functions/screen/environment.ts'
import { maximumDeliveries } from '../../../lib/screening/screening-job/delivery-limits.ts'
import type { Cloud } from '../harness/create-cloud.ts'
import { environmentOf } from '../harness/start-stand-in.ts'

export const tinyModels = resolve(import.meta.dirname, '../../fixtures/models')

export interface RunningWorker {
  readonly child: ChildProcess
  /** What it has logged, one JSON document a line. */
  readonly lines: string[]
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/**
 * The real program in a process of its own, with one cloud behind it.
 * @param endpoint Where all its requests go.
 * @param preload A module that is loaded ahead of it.
 */
export function startWorker(
  program: string,
  cloud: Cloud,
  endpoint: string,
  changes: Partial<ScreenEnvironment> = {},
  preload: string | null = null,
): RunningWorker {
  // The client of SQS goes where the queue's URL points.
  const reach = (url: string): string => url.replace(/^http:\/\/[^/]+/, endpoint)
  const environment: ScreenEnvironment = {
    STUDY_BUCKET: cloud.bucket,
    STAT_QUEUE_URL: reach(cloud.stat.url),
    ROUTINE_QUEUE_URL: reach(cloud.routine.url),
    TENANTS_PARAMETER_PATH: cloud.tenantsPath,
    EVENT_BUS_NAME: cloud.busName,
    EXECUTION_PROVIDER: 'cpu',
    MODELS_FOLDER: tinyModels,
    IDLE_EXIT_SECONDS: '0',
    VISIBILITY_SECONDS: '30',
    MAXIMUM_BATCH: '4',
    MAXIMUM_RECEIVES: String(maximumDeliveries),
    STAT_DEAD_LETTER_URL: reach(cloud.stat.deadLetterUrl),
    ROUTINE_DEAD_LETTER_URL: reach(cloud.routine.deadLetterUrl),
    FIRST_RETRY_SECONDS: '0',
    HOURLY_COST_USD: '0.75',
    ...changes,
  }
  const child = spawn(process.execPath, [...(preload === null ? [] : ['--import', preload]), program], {
    env: { PATH: process.env.PATH, ...environmentOf(endpoint), ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  const ended = new Promise<number | string>((done) => {
    child.once('close', (code, signal) => done(code ?? signal ?? 'unknown'))
  })
  return { child, lines, ended }
}
