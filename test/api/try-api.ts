import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../lib/embedded/package-root.ts'

const schemathesis = join(packageRoot, 'node_modules/.cache/schemathesis/bin/st')

/** Test cases for each operation, and sequences of calls. */
const examples = process.env.API_EXAMPLES ?? '40'

export interface TriedApi {
  /** Where it answers, without a path. */
  readonly address: string
  readonly token: string
  /** What it says that it does. */
  readonly document: object
}

/**
 * Has schemathesis try an API with requests that its document allows, and that it does not, one by one and in sequences.
 * @param folder Where the document is written for it
 * @returns What it reports, and whether it found nothing
 */
export async function tryApi({ address, token, document }: TriedApi, folder: string) {
  const path = join(folder, 'api.json')
  writeFileSync(path, JSON.stringify(document))
  const args = [
    ...['--config-file', join(packageRoot, 'test/api/schemathesis.toml')],
    ...['run', path, '--url', address, '--header', `Authorization: Bearer ${token}`],
    // The same requests in every run.
    ...['--generation-deterministic', '--max-examples', examples],
    ...['--suppress-health-check', 'too_slow', '--no-color'],
  ]
  try {
    const { stdout } = await promisify(execFile)(schemathesis, args, { cwd: folder, maxBuffer: 2 ** 26 })
    // How much was tried belongs into the log, where nothing was found too.
    console.log(stdout.slice(stdout.indexOf('Coverage (in')))
    return { isFaultless: true, report: stdout }
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
    return { isFaultless: false, report: `${message}\n${stdout ?? ''}\n${stderr ?? ''}` }
  }
}
