import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { deliveryConfig } from '../../lib/delivery/delivery-config.ts'
import { buildWebhookBody, webhookBody } from '../../lib/delivery/webhook/webhook-body.ts'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import type { EventSink, StudyEvent } from '../../lib/screening/kernel/ports.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import { resultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { resultRow } from '../../lib/screening/result-documents/result-row.ts'
import { emitResult, studyEvent, summarizeStudy } from '../../lib/screening/result-documents/study-event.ts'
import { rollUpStudy } from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { uploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import { usageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { identity, source, suspected } from '../result-documents/screened-image.ts'

/* Published schemas and examples are made by the code: `npx vitest run test/docs/examples.test.ts --update` renews them. */

const folder = '../../docs'
const textOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

describe('the published schema', () => {
  it.each([
    ['event', studyEvent],
    ['usage-receipt', usageReceipt],
    ['upload-receipt', uploadReceipt],
    ['webhook', webhookBody],
    ['result-row', resultRow],
  ])('of %s is that of the code', async (name, schema) => {
    await expect(textOf(z.toJSONSchema(schema))).toMatchFileSnapshot(`${folder}/schemas/${name}.schema.json`)
  })

  it('of delivery targets is that of the code, as a person writes them', async () => {
    const schema = z.toJSONSchema(deliveryConfig, { io: 'input' })
    await expect(textOf(schema)).toMatchFileSnapshot(`${folder}/schemas/targets.schema.json`)
  })
})

const { classification } = suspected(true)
const findings: [string, Finding][] = [
  ['suspected', suspected(true)],
  ['not-suspected', { outcome: 'not-suspected', classification: { ...classification, probability: 0.01 } }],
  ['not-analysed', { outcome: 'not-analysed', code: 'lateral-view', detail: "view position 'LL'" }],
]
/** Of nobody. */
const exampleIdentity = {
  ...identity,
  SpecificCharacterSet: 'ISO_IR 100',
  PatientName: 'EXAMPLE^PATIENT',
  PatientID: 'EXAMPLE-1',
  AccessionNumber: 'EXAMPLE-A1',
}

describe.each(findings)('the examples of %s', (name, finding) => {
  const refused = finding.outcome === 'not-analysed'
  const shown = { ...source, identity: exampleIdentity, finding, ...(refused && { prepared: null, models: [] }) }
  const noTools = () => {
    throw new Error('nothing is drawn')
  }
  const result = buildResultDocument(finding, {
    ...shown,
    documents: ['fhir.json', 'oru.hl7'],
    timingsMs: { total: 250 },
  })

  it('are what the code makes', async () => {
    const documents = await buildDocuments({ ...shown, requestedDocuments: ['fhir-bundle', 'hl7-message'] }, noTools)
    for (const document of documents) {
      const text = new TextDecoder().decode(document.body).replaceAll('\r', '\n')
      await expect(text).toMatchFileSnapshot(`${folder}/reference/examples/${name}/${document.name}`)
    }
    await expect(textOf(result)).toMatchFileSnapshot(`${folder}/reference/examples/${name}/result.json`)
    const told: [string, StudyEvent][] = []
    const events: EventSink = { emit: async (type, detail) => void told.push([type, detail]) }
    const study = rollUpStudy('2.25.2', [{ imageId: result.imageId, patientMark: null, failed: false, result }], 'full')
    const prefix = studyKeys.resultPrefix('clinic', result.imageId, result.screeningKey)
    await emitResult(events, result, { tenant: 'clinic', lane: 'stat', resultKey: `${prefix}result.json`, study })
    const [[type, detail]] = told
    const event = { source: 'pleura', 'detail-type': type, detail: studyEvent.parse(detail) }
    await expect(textOf(event)).toMatchFileSnapshot(`${folder}/reference/examples/${name}/event.json`)
    const webhook = webhookBody.parse(
      buildWebhookBody({
        tenant: 'clinic',
        result,
        lane: 'routine',
        resultKey: `${result.imageId}/result.json`,
        study: summarizeStudy(study),
      }),
    )
    await expect(textOf(webhook)).toMatchFileSnapshot(`${folder}/reference/examples/${name}/webhook.json`)
  })

  it('keep to the schema of results', () => {
    expect(resultDocument.parse(result)).toEqual(result)
  })
})
