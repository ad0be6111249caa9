import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bundle } from 'fhir/r4.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildCase, outcomes, sources } from '../judges/build-cases.ts'

/* Medplum's FHIR router over its repository in memory: searches, conditional creates and transactions by another hand. */

interface Server {
  post(bundle: Bundle): Promise<(string | undefined)[]>
  count(resourceType: string): Promise<number>
}

const modules = resolve('node_modules/.cache/fhir-server/node_modules/@medplum')
const load = (name: string) => import(pathToFileURL(join(modules, name, 'dist/esm/index.mjs')).href)

let openServer: () => Server
beforeAll(async () => {
  // The library looks for it as it loads; nothing here uses it.
  Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? class {} })
  const [core, definitions, { FhirRouter, MemoryRepository }] = await Promise.all(
    ['core', 'definitions', 'fhir-router'].map(load),
  )
  for (const file of ['profiles-types', 'profiles-resources']) {
    core.indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/${file}.json`))
  }
  core.indexSearchParameterBundle(definitions.readJson('fhir/r4/search-parameters.json'))
  openServer = () => {
    const repository = new MemoryRepository()
    const router = new FhirRouter()
    return {
      async post(bundle) {
        const request = { method: 'POST', url: '/', query: {}, headers: {}, body: structuredClone(bundle) }
        const [outcome, answer] = await router.handleRequest(request, repository)
        expect(outcome.issue[0].details.text).toBe('All OK')
        return (answer as Bundle).entry?.map(({ response }) => response?.status) ?? []
      },
      count: async (resourceType) => (await repository.search({ resourceType, total: 'accurate' })).total,
    }
  }
})

const kinds = ['Device', 'ImagingStudy', 'Observation', 'DiagnosticReport', 'Task', 'Provenance', 'Patient']

describe.each(sources.map(([name, elements]) => ({ name, elements })))(
  'a FHIR server, of a source with $name',
  ({ elements }) => {
    it.each(outcomes)('creates each resource at the first post, and nothing at the second, %s', async (outcome) => {
      const { documents } = await buildCase(elements, outcome)
      const bundle = JSON.parse(new TextDecoder().decode(documents.find(({ name }) => name === 'fhir.json')?.body))
      const server = openServer()
      const first = await server.post(bundle)
      expect(new Set(first)).toEqual(new Set(['201']))
      const counts = () => Promise.all(kinds.map((kind) => server.count(kind)))
      const before = await counts()
      expect(before).toEqual(outcome === 'not-analysed' ? [1, 1, 0, 0, 1, 1, 0] : [1, 1, 1, 1, 0, 1, 0])
      expect(new Set(await server.post(bundle))).toEqual(new Set(['200']))
      expect(await counts()).toEqual(before)
    })
  },
)
