import type { Command } from 'commander'
import type { Log } from '../embedded/log.ts'
import type { ScreeningSettings } from '../embedded/screening-settings.ts'
import type { OnResult } from '../embedded/study-screener.ts'
import { exitCodes } from './failed-program.ts'

export interface DeliverOption {
  deliver?: string
}

export const addDeliverOption = (command: Command): Command =>
  command.option('--deliver <file>', 'also deliver what is screened to the targets of this file (see deliver --help)')

/**
 * Screens, and delivers beside it where `--deliver` names targets. What is left of the deliveries is told behind the
 * results, and by the exit code where nothing worse is.
 */
export async function screenAndDeliver(
  { deliver, json }: DeliverOption & { json: boolean },
  settings: ScreeningSettings,
  { log, signal }: { log: Log; signal: AbortSignal },
  screen: (settings: ScreeningSettings, onResult: OnResult | undefined) => Promise<void>,
): Promise<void> {
  if (deliver === undefined) return screen(settings, undefined)
  // What reaches the network is loaded by who asked for it: loading it alone looks up how this machine resolves names.
  const { Deliveries } = await import('../embedded/deliver/deliveries.ts')
  const { readDeliveryConfig } = await import('../embedded/deliver/read-delivery-config.ts')
  const { settingsToDeliver, whileDelivering } = await import('../embedded/deliver/while-delivering.ts')
  const { formatDeliverySummary, isAnythingLeft } = await import('./format-deliveries.ts')
  const config = await readDeliveryConfig(deliver)
  const toDeliver = settingsToDeliver(settings, config)
  const onSettled = (report: object) => log('info', 'settled', { ...report })
  const deliveries = await Deliveries.open(settings.outDir, config, { log, onSettled })
  try {
    await whileDelivering(deliveries, signal, () => screen(toDeliver, (result) => deliveries.enqueue(result)))
    const summary = await deliveries.summary()
    if (!json) console.log(`\n${formatDeliverySummary(summary, deliveries.unreadableResults)}`)
    const isLeft = isAnythingLeft(summary, deliveries.unreadableResults, { isWaitingLeft: true })
    if (isLeft && !process.exitCode) process.exitCode = exitCodes.attention
  } finally {
    await deliveries.close()
  }
}
