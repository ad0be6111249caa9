import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../lib/embedded/package-root.ts'

interface Operation {
  security: Record<string, string[]>[]
}
type Paths = Record<string, Record<string, Operation>>

/**
 * The published document, as it holds where a token is asked for. It speaks of both: of AWS, where an operation without a
 * role does not exist, and of one machine, which may ask for a token of its own.
 */
export function publishedDocument(place: 'aws' | 'one-machine'): object {
  const document = JSON.parse(readFileSync(join(packageRoot, 'docs/reference/console-api.json'), 'utf8'))
  const paths = document.paths as Paths
  for (const operations of Object.values(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const withToken = operation.security.filter((needed) => 'token' in needed)
      if (place === 'one-machine') operation.security = [{ token: [] }]
      else if (withToken.length === 0) delete operations[method]
      else operation.security = withToken
    }
  }
  return document
}
