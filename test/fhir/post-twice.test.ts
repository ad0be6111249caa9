import type { Bundle } from 'fhir/r4.js'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFhirSender } from '../../lib/adapters/delivery/fhir-sender.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import type { Sender } from '../../lib/delivery/sender.ts'
import { answering, type HttpReceiver, openHttpReceiver } from '../delivery/http-receiver.ts'
import { buildCase, outcomes, sources } from '../judges/build-cases.ts'
import { type FhirServer, loadMedplum } from './open-medplum.ts'

let openServer: () => FhirServer
beforeAll(async () => {
  openServer = await loadMedplum()
})

let receiver: HttpReceiver
let sender: Sender
afterEach(async () => {
  await sender.close()
  await receiver.stop()
})

/** Puts it on the wire, and delivers to it as to a hospital's. */
async function connectTo(server: FhirServer): Promise<void> {
  receiver = await openHttpReceiver(async (response, request) => {
    const { outcome, answer } = await server.post(JSON.parse(request.body.toString()))
    answering(outcome === 'All OK' ? 200 : 400, answer)(response, request)
  })
  const target = { kind: 'fhir', name: 'ehr', url: receiver.url, allowPrivateAddress: true }
  sender = createFhirSender(deliveryTarget.parse(target) as TargetOfKind<'fhir'>, null, systemClock)
}

const kinds = ['Device', 'ImagingStudy', 'Observation', 'DiagnosticReport', 'Task', 'Provenance', 'Patient']

describe.each(sources.map(([name, elements]) => ({ name, elements })))(
  'a FHIR server, of a source with $name',
  ({ elements }) => {
    it.each(outcomes)('creates each resource at the first delivery, and nothing at the second, %s', async (outcome) => {
      const { documents, result } = await buildCase(elements, outcome)
      const bundle = documents.find(({ name }) => name === 'fhir.json')!
      const server = openServer()
      await connectTo(server)
      const delivery = {
        key: 'f'.repeat(32),
        tenant: 'clinic',
        lane: 'routine' as const,
        resultKey: 'result.json',
        result,
        study: null,
        documents: new Map([[bundle.name, bundle.body]]),
      }
      const counts = () => Promise.all(kinds.map((kind) => server.count(kind)))
      expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
      const before = await counts()
      expect(before).toEqual(outcome === 'not-analysed' ? [1, 1, 0, 0, 1, 1, 0] : [1, 1, 1, 1, 0, 1, 0])
      expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
      expect(await counts()).toEqual(before)
      const { answer } = await server.post(JSON.parse(new TextDecoder().decode(bundle.body)) as Bundle)
      expect(new Set(answer.entry?.map(({ response }) => response?.status))).toEqual(new Set(['200']))
    })
  },
)
