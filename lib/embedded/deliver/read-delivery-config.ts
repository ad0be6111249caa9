import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type DeliveryConfig, deliveryConfig } from '../../delivery/delivery-config.ts'
import { describeIssues } from '../../screening/kernel/describe-issues.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

/** Targets, and where the files lie that they name. */
export interface ReadDeliveryConfig extends DeliveryConfig {
  readonly folder: string
}

/** @throws {ConfigurationError} when the file is not there, is no JSON, or does not say what it must */
export async function readDeliveryConfig(file: string): Promise<ReadDeliveryConfig> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`The targets in ${file} cannot be read (${cause.code}). Give a file with targets.`, {
      cause,
    })
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text.
    throw new ConfigurationError(`${file} is no JSON. docs/delivery.md shows what it holds.`, { cause })
  }
  const parsed = deliveryConfig.safeParse(value)
  if (!parsed.success) {
    throw new ConfigurationError(
      `${file} is not as it should be: ${describeIssues(parsed.error)}. See docs/delivery.md.`,
    )
  }
  return { ...parsed.data, folder: dirname(resolve(file)) }
}
