import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { addDeadLettersCommand } from '../../lib/cli/dead-letters-command.ts'
import { addSmokeCommand } from '../../lib/cli/smoke-command.ts'
import { addUsageCommand } from '../../lib/cli/usage-command.ts'
import { explainCloudFailures } from '../../lib/operations/cloud-failure.ts'
import { ConfigurationError, TransientError } from '../../lib/screening/kernel/errors.ts'
import { runCommand } from '../cli/run-command.ts'
import { environmentOf, type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
beforeAll(async () => {
  standIn = await startStandIn()
})
beforeEach(() => {
  for (const [name, value] of Object.entries(environmentOf(standIn.endpoint))) vi.stubEnv(name, value)
  // Nothing of the machine that runs the tests.
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere')
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => standIn.stop())

const usage = () =>
  runCommand(addUsageCommand, 'usage', '--tenant', 'north', '--month', '2026-11', '--bucket', 'no-such-bucket')
const deadLetters = () =>
  runCommand(
    addDeadLettersCommand,
    ...['dead-letters', 'list', '--queue-url', `${standIn.endpoint}/123456789012/none`, '--bucket', 'none'],
  )
const smoke = () => runCommand(addSmokeCommand, 'smoke', '--tenant', 'north', '--bucket', 'no-such-bucket')

describe('what an operator can mend', () => {
  it.each([
    ['usage of a bucket that there is not', usage, /no bucket of this name/],
    ['smoke of a bucket that there is not', smoke, /no bucket of this name/],
    ['dead letters of a queue that there is not', deadLetters, /no queue at this URL/],
  ])('is said with its remedy: %s', async (_, run, message) => {
    const error = await run().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(message)
  })

  it.each([
    ['usage', usage],
    ['smoke', smoke],
    ['dead-letters', deadLetters],
  ])('is said with its remedy: %s without a region', async (_, run) => {
    vi.stubEnv('AWS_REGION', '')
    const error = await run().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(/AWS_REGION/)
  })

  it('is said with its remedy: no credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, '')
    const error = await deadLetters().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toMatch(/No credentials/)
  })

  it('is found below what the adapters made of it', async () => {
    const denied = Object.assign(new Error('secret'), { name: 'AccessDenied' })
    const failing = explainCloudFailures(() => Promise.reject(new TransientError('failed for now', { cause: denied })))
    await expect(failing).rejects.toThrow(/lack a right/)
    await expect(failing).rejects.not.toThrow(/secret/)
  })

  it('is not taken for what nobody can mend', async () => {
    const defect = new TypeError('defect')
    await expect(explainCloudFailures(() => Promise.reject(defect))).rejects.toBe(defect)
  })
})
