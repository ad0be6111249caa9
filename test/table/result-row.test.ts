import { describe, expect, it } from 'vitest'
import { buildResultRow, resultRow } from '../../lib/screening/result-documents/result-row.ts'
import { partitionColumns, tableColumns } from '../../lib/table/columns.ts'
import { findings, makeResult } from './make-results.ts'

const at = '2026-11-28T01:02:03.000Z'
const context = { tenant: 'north', superseded: false, replacesEarlier: false }

describe('the row of a result', () => {
  it.each(Object.entries(findings))('keeps to its schema: %s', (_, finding) => {
    const row = buildResultRow(makeResult(1, finding, at), context)
    expect(resultRow.parse(row)).toEqual(row)
  })

  it('has the columns of the table and its partitions, in no other order', () => {
    const columns = Object.keys(resultRow.shape).filter((name) => !partitionColumns.some((part) => part === name))
    expect(Object.keys(tableColumns)).toEqual(columns)
  })

  it('has no probability, and is neither concordant nor discordant, where nothing was analysed', () => {
    const row = buildResultRow(makeResult(1, findings.notAnalysed, at), context)
    expect(row).toMatchObject({ outcome: 'not-analysed', reason: 'lateral-view', probability: null, discordant: null })
  })

  it('holds no UID, and no text of the sender in the place of a defined term', () => {
    const result = makeResult(1, findings.notAnalysed, at)
    const hostile = 'DOE^JOHN 19700101'
    const row = buildResultRow(
      {
        ...result,
        reason: { code: 'lateral-view', detail: hostile, remedy: '' },
        warnings: ['age-unknown', hostile],
        source: {
          ...result.source!,
          modality: hostile,
          viewPosition: hostile,
          bodyPartExamined: hostile,
          photometricInterpretation: hostile,
          transferSyntaxUid: '1.2.3.19700101',
          studyInstanceUid: '1.2.3.19700101',
          sopInstanceUid: '1.2.3.19700101',
          seriesInstanceUid: '1.2.3.19700101',
          patientOrientation: [hostile, hostile],
        },
      },
      context,
    )
    expect(JSON.stringify(row)).not.toMatch(/DOE|19700101/)
    expect(row).toMatchObject({ modality: 'other', view_position: 'other', transfer_syntax_uid: 'other' })
    expect(row.warnings).toEqual(['age-unknown'])
  })
})
