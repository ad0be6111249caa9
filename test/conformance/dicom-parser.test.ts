import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import dicomParser from 'dicom-parser'
import { describe, expect, it } from 'vitest'
import { corpusFolder, readCorpus, sharedFolder } from './corpus-index.ts'

/*
 * How many files dicom-parser reads that our own reader reads, all of them (corpus.test.ts, bug-reports.test.ts): the
 * figures of docs/decisions/0007. Pixel data that lies within the file counts as read.
 */

function isRead(path: string): boolean {
  const file = readFileSync(path)
  try {
    const { x7fe00010: pixels } = dicomParser.parseDicom(file).elements
    return pixels !== undefined && pixels.dataOffset + pixels.length <= file.length
  } catch {
    return false
  }
}

const count = (paths: readonly string[]) => ({ files: paths.length, read: paths.filter(isRead).length })

const corpus = corpusFolder ? readCorpus(corpusFolder).filter(({ expected }) => expected === 'decode') : []
const reports = sharedFolder && join(sharedFolder, 'data/bug-reports')
const expectedFile = reports && join(reports, 'expected.json')
const encodings =
  expectedFile && existsSync(expectedFile)
    ? Object.entries<{ group: string }>(JSON.parse(readFileSync(expectedFile, 'utf8')))
        .filter(([name, { group }]) => /^(D1|D2|E) /.test(group) && name.startsWith('dicom/'))
        .map(([name]) => join(reports as string, name))
    : []
if (corpus.length === 0 || encodings.length === 0) console.log('dicom-parser: its files are not on this machine')

describe('dicom-parser', () => {
  it.skipIf(corpus.length === 0)('reads of the conformance sample', () => {
    expect(count(corpus.map(({ path }) => path))).toEqual({ files: 50, read: 49 })
  })

  it.skipIf(encodings.length === 0)('reads of the bug reports on encodings', () => {
    expect(count(encodings)).toEqual({ files: 16, read: 8 })
  })
})
