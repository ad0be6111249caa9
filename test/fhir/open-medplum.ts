import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bundle } from 'fhir/r4.js'

/* Medplum's FHIR router over its repository in memory: searches, conditional creates and transactions by another hand. */

export interface FhirServer {
  /** @returns what the server answers, and what it thinks of the request as a whole. */
  post(bundle: Bundle): Promise<{ readonly outcome: string; readonly answer: Bundle }>
  count(resourceType: string): Promise<number>
}

const modules = resolve('node_modules/.cache/fhir-server/node_modules/@medplum')
const load = (name: string) => import(pathToFileURL(join(modules, name, 'dist/esm/index.mjs')).href)

/** Opens servers, each with nothing in it. */
export async function loadMedplum(): Promise<() => FhirServer> {
  // The library looks for it as it loads; nothing here uses it.
  Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? class {} })
  const [core, definitions, { FhirRouter, MemoryRepository }] = await Promise.all(
    ['core', 'definitions', 'fhir-router'].map(load),
  )
  for (const file of ['profiles-types', 'profiles-resources']) {
    core.indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/${file}.json`))
  }
  core.indexSearchParameterBundle(definitions.readJson('fhir/r4/search-parameters.json'))
  return () => {
    const repository = new MemoryRepository()
    const router = new FhirRouter()
    return {
      async post(bundle) {
        const request = { method: 'POST', url: '/', query: {}, headers: {}, body: structuredClone(bundle) }
        const [outcome, answer] = await router.handleRequest(request, repository)
        return { outcome: outcome.issue[0].details.text, answer: answer as Bundle }
      },
      count: async (resourceType) => (await repository.search({ resourceType, total: 'accurate' })).total,
    }
  }
}
